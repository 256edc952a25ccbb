"""The verdict on a version: its hours as the evaluator wrote them, merged, against those of the champion.

Champion and challenger are compared over the hours in which both predicted: what changes from hour to hour, say the
share of buyers on a weekend, is then no difference between them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from evaluation.comparison import WORSE, NoVerdict, compare, primary_metric
from evaluation.errors import NotMergeable
from model_store.release import CHALLENGER, CHAMPION, SHADOW
from outcomes.tally import Group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from evaluation.comparison import Comparison

type GroupKey = tuple[str, str]  # version and variant


class ComparedVerdict:
    """What verdicts have in common, which are dataclasses. comparison : None where nothing can be compared."""

    __slots__ = ()
    comparison: Comparison | None

    @property
    def worse(self) -> bool:
        return self.comparison is not None and self.comparison.verdict == WORSE

    def line(self) -> str:
        """The verdict in one line."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        comparison = None if self.comparison is None else self.comparison.to_json()
        members: dict[str, Any] = asdict(self)  # type: ignore[call-overload]
        return members | {"comparison": comparison, "line": self.line()}


@dataclass(frozen=True, slots=True)
class Verdict(ComparedVerdict):
    """What is known of a version that may become the champion.

    comparison : None where nothing can be compared; `note` says why.
    denied : the caller may not read the evaluation.
    """

    champion: str
    candidate: str
    variant: str = ""
    hours: int = 0
    comparison: Comparison | None = None
    note: str = ""
    denied: bool = False

    def line(self) -> str:
        found = self.comparison
        if found is None:
            return f"not evaluated: {self.note}"
        told = f"{self.variant} {self.candidate} is {found.verdict}: {found.metric} {_value(found.challenger.value)}"
        told += f" against {_value(found.champion.value)}, {found.outcomes} outcomes in {self.hours} h"
        if found.low is not None and found.high is not None:
            told += f", difference {_value(found.difference)} ({_value(found.low)} to {_value(found.high)})"
        if found.more:
            told += f"; about {found.more} outcomes more would settle it"
        return f"{told}; {found.note}" if found.note else told


def merged(hours: Iterable[list[Group]]) -> dict[GroupKey, Group]:
    """One group for each version and variant. What cannot be merged is left out, and noted."""
    found: dict[GroupKey, Group] = {}
    for group in (group for hour in hours for group in hour):
        present = found.setdefault((group.version, group.variant), Group(group.version, group.variant))
        try:
            present.merge(group)
        except NotMergeable as error:
            present.note = f"some hours are left out: {error}"
    return dict(sorted(found.items()))


def verdict(
    hours: Mapping[str, list[Group]],
    objective: Callable[[], str | None],
    champion: str,
    candidate: str,
    metric: str | None = None,
) -> Verdict:
    """What the hours say of a candidate: as a challenger where it was one, else as a shadow.

    objective : gives the champion's, which decides by its primary metric unless a `metric` is given.
    """
    for variant in (CHALLENGER, SHADOW):
        both = [groups for groups in hours.values() if {(champion, CHAMPION), (candidate, variant)} <= _keys(groups)]
        if both:
            break
    else:
        note = f"no hour has predictions of {champion} as champion and of {candidate} in the same hour"
        return Verdict(champion, candidate, note=note)
    groups = merged(both)
    ours, theirs = groups[champion, CHAMPION], groups[candidate, variant]
    if ours.quality is None or theirs.quality is None:
        return Verdict(champion, candidate, variant, len(both), note=ours.note or theirs.note)
    try:
        found = compare(ours.quality, theirs.quality, metric or primary_metric(objective()))
    except NoVerdict as error:
        return Verdict(champion, candidate, variant, len(both), note=str(error))
    return Verdict(champion, candidate, variant, len(both), found)


def _keys(groups: Iterable[Group]) -> set[GroupKey]:
    return {(group.version, group.variant) for group in groups}


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
