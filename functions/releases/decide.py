"""What follows from the evidence: the stopping rule of a release in stages.

A stage ends at the first look with a verdict. Looks are as many as time allows, over all outcomes since the challenger
serves: the confidence sequence of `evaluation.comparison` holds at all looks together, whatever the shares are and
whenever they change.
"""

from __future__ import annotations

from evaluation.comparison import BETTER, WORSE

WAIT, SERVE, PROMOTE, ROLL_BACK, APPROVE = "wait", "serve", "promote", "roll back", "approve"


def decide(found: str, stage: int, stages: int, *, fresh: bool = True, overdue: bool = False) -> str:
    """WAIT; SERVE: at the next stage; PROMOTE; or ROLL_BACK.

    found : the verdict on the challenger. stage : the one that serves, from 0. overdue : its time is over.
    fresh : outcomes arrived since the stage began; without any, a stage would end before it showed something.
    """
    if found == WORSE:
        return ROLL_BACK
    if found == BETTER and fresh:
        return SERVE if stage + 1 < stages else PROMOTE
    return ROLL_BACK if overdue else WAIT
