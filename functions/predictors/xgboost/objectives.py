"""What each of XGBoost's objectives predicts, and so which task a model is for."""

from __future__ import annotations

from predictors.errors import ModelUnsound

TASKS = {
    "binary:logistic": "binary",  # a probability
    "binary:logitraw": "binary",  # its logit
    "binary:hinge": "binary",  # 0 or 1
    "multi:softprob": "multiclass",  # a probability for each class
    "reg:squarederror": "regression",
    "reg:squaredlogerror": "regression",
    "reg:absoluteerror": "regression",
    "reg:pseudohubererror": "regression",
    "reg:quantileerror": "regression",  # several quantiles are several outputs
    "reg:expectileerror": "regression",
    "reg:logistic": "regression",
    "reg:gamma": "regression",
    "reg:tweedie": "regression",
    "count:poisson": "regression",
    "survival:cox": "regression",  # a hazard ratio
    "survival:aft": "regression",  # a time
    "rank:pairwise": "ranking",
    "rank:ndcg": "ranking",
    "rank:map": "ranking",
}


MULTI_OUTPUT = "multi_output"
SEVERAL = ("binary", "regression")  # tasks of which a model may have several outputs: targets, labels or quantiles


def task_of(objective: str | None, outputs: int = 1) -> str:
    """The task of an objective with so many outputs. Raises ModelUnsound where its predictions cannot be served."""
    if objective == "multi:softmax":
        raise ModelUnsound(
            "objective: multi:softmax answers with the number of a class and no scores: expected multi:softprob, "
            "whose trees are the same (millrace model import changes it)"
        )
    if objective is None or objective not in TASKS:
        raise ModelUnsound(f"objective: expected one of {', '.join(TASKS)}, got {objective!r}")
    if outputs == 1:
        return TASKS[objective]
    if TASKS[objective] not in SEVERAL:
        raise ModelUnsound(f"num_target: expected 1 for {objective}, got {outputs}")
    return MULTI_OUTPUT
