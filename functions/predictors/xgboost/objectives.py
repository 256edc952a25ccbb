"""What each of XGBoost's objectives predicts, and so which kind of output a model has."""

KINDS = {
    "binary:logistic": "binary",  # a probability
    "binary:logitraw": "binary",  # its logit
    "binary:hinge": "binary",  # 0 or 1
    "multi:softprob": "multiclass",  # a probability for each class
    "reg:squarederror": "regression",
    "reg:squaredlogerror": "regression",
    "reg:absoluteerror": "regression",
    "reg:pseudohubererror": "regression",
    "reg:quantileerror": "regression",  # of one quantile; several are several targets
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


def kind_of(objective: str) -> str:
    """The output kind of an objective. Raises ValueError where its predictions cannot be served."""
    if objective == "multi:softmax":
        raise ValueError(
            "objective: multi:softmax answers with the number of a class and no scores: expected multi:softprob, "
            "whose trees are the same (millrace model import changes it)"
        )
    if objective not in KINDS:
        raise ValueError(f"objective: expected one of {', '.join(KINDS)}, got {objective!r}")
    return KINDS[objective]
