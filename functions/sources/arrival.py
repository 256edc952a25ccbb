"""When a batch arrived, without a look at each of its records."""

from datetime import UTC, datetime

from sources.batch import KINESIS, Batch


def oldest(batch: Batch) -> float | None:
    """When the oldest event of a batch arrived, in seconds since the epoch. None where its envelopes do not tell.

    A batch from Kinesis is of one shard and in its order, so the first record has waited longest; messages from a
    queue are in any order. Redriven records are old on purpose: of them it is not asked.
    """
    envelopes = batch.envelopes
    try:
        if batch.source == KINESIS:
            return float(envelopes[0]["kinesis"]["approximateArrivalTimestamp"])
        if batch.source == "aws:sqs":
            return min(int(envelope["attributes"]["SentTimestamp"]) for envelope in envelopes) / 1000
        if batch.source == "aws:sns":
            return datetime.fromisoformat(envelopes[0]["Sns"]["Timestamp"]).astimezone(UTC).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    return None
