"""Firehose as a prediction sink: https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html"""

from __future__ import annotations

from sinks.calls import begun
from sinks.counted import refused
from sinks.put_records import KIB, MIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from records.settings import Settings
    from sinks.messages import Call
    from sinks.sink import Sink, Wait

_END = b"\n"  # what Firehose puts together are then JSON lines


def make(settings: Settings, client: Callable[[str], Any]) -> Sink:
    """settings : `TARGET`, ARN of the delivery stream, which is in the function's account and region."""
    return FirehoseSink(client("firehose"), settings.text("TARGET").rpartition("/")[2])


class FirehoseSink:
    """One record per prediction: a line of JSON. Limits of PutRecordBatch: 500 records, 4 MiB; 1,000 KiB a record.

    Base64 makes three bytes of the records four in the request, which has the limit of the call.
    """

    max_entries = 500
    max_bytes = 3 * MIB - 16 * KIB
    max_entry_bytes = 1000 * KIB - len(_END)
    counts_keys = False

    def __init__(self, firehose: Any, name: str) -> None:
        self._firehose, self._name = firehose, name

    def begin(self, call: Call) -> Wait:
        records = [{"Data": message.body + _END} for message in call]
        answer = begun(
            "put_record_batch",
            lambda: self._firehose.begin_put_record_batch(DeliveryStreamName=self._name, Records=records),
        )
        members = {"results": "RequestResponses", "identifier": "RecordId", "failures": "FailedPutCount"}
        return lambda: refused(answer(), len(records), **members)
