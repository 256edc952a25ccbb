"""Kinesis as a prediction sink, with many predictions in one record, in the format of the Kinesis Producer Library.

Format: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
"""

from __future__ import annotations

from functools import partial

import native
from sinks.aggregates import first_hash_keys
from sinks.calls import answered, begun
from sinks.put_records import KIB, MIB, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sinks.messages import Call
    from sinks.sink import Wait

# The size up to which a record is filled: the default of the KPL's AggregationMaxSize.
AGGREGATE_BYTES = 50 * KIB
# The overhead of a message: tags, lengths and indices, and a share of the hash key and the digest.
OVERHEAD_BYTES = 128


class AggregatingKinesisSink:
    """PutRecords with aggregated records. An aggregate fails with all its predictions.

    ranges : the number of ranges of hash keys, 1 to 256. A call has at least one record for each range for which it has
    predictions. Choose more ranges than the stream has shards, so that predictions reach all shards.
    """

    max_entries = 5_000
    max_bytes = 4 * MIB  # including overhead, less than the 5 MiB and 500 records of a call
    max_entry_bytes = MIB - KIB
    counts_keys = True

    def __init__(self, kinesis: Any, stream_arn: str, ranges: int, cbor: bool = False) -> None:
        self._kinesis, self._stream_arn, self._cbor = kinesis, stream_arn, cbor
        self._hash_keys = first_hash_keys(ranges)

    def begin(self, call: Call) -> Wait:
        members: list[list[int]] = []

        def body() -> bytes:
            """Made when it is sent, and again where the connection was closed: each time the same."""
            nonlocal members
            made, members = call.messages.put_aggregates(
                self._stream_arn, call.indices, self._hash_keys, AGGREGATE_BYTES, OVERHEAD_BYTES, self._cbor
            )
            return made

        begin = partial(self._kinesis.begin_encoded_put_records, body, self._stream_arn, self._cbor)
        reply = begun("put_records", begin)

        def wait() -> list[int]:
            answer = reply()
            if native.NATIVE and native.NATIVE.acknowledges(answer.body, len(members)):
                return []
            failed = refused(answered("put_records", lambda: self._kinesis.answer(answer)), len(members))
            return sorted(member for i in failed for member in members[i])

        return wait
