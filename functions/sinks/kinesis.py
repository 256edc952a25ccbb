"""Kinesis as a prediction sink: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html"""

from __future__ import annotations

from functools import partial

import native
from sinks.calls import answered, begun
from sinks.put_records import MIB, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from records.settings import Settings
    from sinks.messages import Call
    from sinks.sink import Sink, Wait

AGGREGATE_RANGES = "AGGREGATE_RANGES"
MAX_RANGES = 256
WIRE = "WIRE"


def make(settings: Settings, client: Callable[[str], Any]) -> Sink:
    """settings : `TARGET`, ARN of the stream; `AGGREGATE_RANGES`, 0 for one record a prediction; `WIRE`: json, cbor."""
    kinesis, stream_arn = client("kinesis"), settings.text("TARGET")
    ranges = settings.whole(AGGREGATE_RANGES, 0, MAX_RANGES, default=0)
    cbor = settings.one_of(WIRE, ("json", "cbor"), default="json") == "cbor"
    if not ranges:
        return KinesisSink(kinesis, stream_arn, cbor)
    from sinks.kinesis_aggregated import AggregatingKinesisSink  # imported only if configured

    return AggregatingKinesisSink(kinesis, stream_arn, ranges, cbor)


class KinesisSink:
    """One record per prediction. Limits of PutRecords: 500 records and 10 MiB a call; 1 MiB a record with its key.

    `max_bytes` is the limit of a call until 2025, 5 MiB. cbor : the form of requests, ADR 46.
    """

    max_entries = 500
    max_bytes = 5 * MIB
    max_entry_bytes = MIB
    counts_keys = True

    def __init__(self, kinesis: Any, stream_arn: str, cbor: bool = False) -> None:
        self._kinesis, self._stream_arn, self._cbor = kinesis, stream_arn, cbor

    def begin(self, call: Call) -> Wait:
        """The engine writes the request, and reads the response if it says that all records were accepted."""
        # The body is made when it is sent, and not kept: the bodies of a batch have megabytes.
        body = partial(call.messages.put_records, self._stream_arn, call.indices, self._cbor)
        begin = partial(self._kinesis.begin_encoded_put_records, body, self._stream_arn, self._cbor)
        reply = begun("put_records", begin)

        def wait() -> list[int]:
            answer = reply()
            if native.NATIVE and native.NATIVE.acknowledges(answer.body, len(call)):
                return []
            return refused(answered("put_records", lambda: self._kinesis.answer(answer)), len(call))

        return wait
