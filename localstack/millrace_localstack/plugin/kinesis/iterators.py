"""Shard iterators: where a reader is."""

from datetime import datetime
from typing import NamedTuple

from millrace_localstack.plugin.kinesis import tokens
from millrace_localstack.plugin.kinesis.errors import KinesisError, invalid_argument
from millrace_localstack.plugin.kinesis.record_log import RecordLog
from millrace_localstack.plugin.kinesis.tokens import Token


class Position(NamedTuple):
    """The reader has seen everything up to and with sequence number `after`."""

    stream_arn: str
    shard_id: str
    after: int

    def token(self) -> str:
        return tokens.seal(*self)


def position(token: str) -> Position:
    """Of a token that was given out less than five minutes ago."""
    found = tokens.unseal(token)
    match found and found.fields:
        case [str(arn), str(shard_id), int(after)] if found is not None:
            _check_age(found)
            return Position(arn, shard_id, after)
    raise invalid_argument("Invalid ShardIterator.")


def _check_age(token: Token) -> None:
    if token.expired:
        raise KinesisError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {tokens.utc(token.issued_ms)} while right now it is "
            f"{tokens.utc(tokens.now_ms())} which is further in the future than the tolerated delay of "
            f"{tokens.LIFETIME_MS} milliseconds.",
        )


def starting_after(
    log: RecordLog, kind: str, sequence_number: str | None, timestamp: datetime | None, where: str
) -> int:
    """The sequence number after which a new iterator of this kind begins to read. `where`: the shard, for errors."""
    match kind:
        case "TRIM_HORIZON" if sequence_number is None:
            return 0
        case "LATEST" if sequence_number is None:
            return log.last
        case "AT_TIMESTAMP":
            return log.before(past(timestamp))
        case "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER" if sequence_number is not None:
            number = int(sequence_number)
            if not log.issued(number):
                raise invalid_argument(
                    f"StartingSequenceNumber {sequence_number} used in GetShardIterator on {where} is invalid."
                )
            return number - 1 if kind == "AT_SEQUENCE_NUMBER" else number
    raise invalid_argument(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
        f"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {kind} and "
        f"{'no' if sequence_number is None else 'also a'} StartingSequenceNumber."
    )


def past(timestamp: datetime | None) -> float:
    """Unix time of a timestamp that must be there, and not in the future."""
    if timestamp is None:
        raise invalid_argument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no "
            "timestamp parameter."
        )
    seconds, now_ms = timestamp.timestamp(), tokens.now_ms()
    if round(seconds * 1000) > now_ms:
        raise invalid_argument(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {round(seconds * 1000)}, currentTimestampInMillis: {now_ms}"
        )
    return seconds
