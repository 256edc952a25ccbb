"""Shard iterators: where a reader is, as an opaque token. Standard library only."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime

from millrace_localstack.plugin.kinesis.record_log import RecordLog


@dataclass(frozen=True)
class Position:
    """The reader has seen everything up to and with sequence number `after`."""

    stream_arn: str
    shard_id: str
    after: int

    def token(self) -> str:
        return base64.b64encode(json.dumps([self.stream_arn, self.shard_id, self.after]).encode()).decode()


def position(token: str) -> Position:
    try:
        return Position(*json.loads(base64.b64decode(token, validate=True)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise ValueError("Invalid ShardIterator.") from error


def starting_after(log: RecordLog, kind: str, sequence_number: str | None, timestamp: datetime | float | None) -> int:
    """The sequence number after which a new iterator of this kind begins to read."""
    match kind:
        case "TRIM_HORIZON":
            return 0
        case "LATEST":
            return log.last
        case "AT_TIMESTAMP" if timestamp is not None:
            return log.before(timestamp.timestamp() if isinstance(timestamp, datetime) else float(timestamp))
        case "AT_SEQUENCE_NUMBER" if sequence_number is not None:
            return int(sequence_number) - 1
        case "AFTER_SEQUENCE_NUMBER" if sequence_number is not None:
            return int(sequence_number)
    raise ValueError(f"ShardIteratorType {kind} needs a StartingSequenceNumber or a Timestamp, and none was given.")
