"""The identity of a prediction: where its record lies, and nothing else."""

import hashlib


def prediction_id(*position: str) -> str:
    """Hexadecimal SHA-256 of a record's position, its parts joined by `|`.

    A Kinesis record: stream ARN, shard, sequence number, and the sub-sequence number of an aggregated one; a
    message: topic (or queue) ARN and message id. A retry therefore gives the same id. The model is left out: after
    a swap one id can carry two scores, and consumers keep the first.
    """
    return hashlib.sha256("|".join(position).encode()).hexdigest()
