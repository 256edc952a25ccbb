"""The stages of a batch in the native engine, each by itself, through its public interface (functions/native)."""

from collections.abc import Callable
from itertools import batched
from typing import Any

from benchmarks.decoders import MODEL, schema
from benchmarks.engine import native, scan, take
from benchmarks.envelopes import KINESIS, SNS_IN_SQS, SQS
from benchmarks.workload import Size, Workload

SCAN, TAKE, SCORES, ENCODE, REQUEST = (
    "event's bytes to envelopes",
    "envelopes to matrix",
    "trees",
    "scores to predictions",
    "predictions to request bodies",
)
# The same two stages of other sources.
SCAN_SQS, SCAN_SNS_IN_SQS, TAKE_SQS, TAKE_SNS_IN_SQS = (
    f"{stage}, {source}" for stage in (SCAN, TAKE) for source in (SQS, SNS_IN_SQS)
)
SIMPLEJSON = "event's bytes to a dict, by the runtime client"
SINK_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions"
SCORED_AT = "2026-11-21T12:41:07.250Z"
MIB = 1024 * 1024
MOST_ENTRIES = 500


class Stage:
    """A contestant: one stage of `size` records."""

    def __init__(self, size: Size, name: str) -> None:
        self._workload = Workload(size)
        self._prepare, self._run = MAKERS[name](self._workload)
        self._source = next((source for source in (SNS_IN_SQS, SQS) if name.endswith(source)), KINESIS)

    def prepare(self, size: int) -> Any:
        return self._prepare(self._workload.event(size, self._source))

    def run(self, prepared: Any) -> Any:
        self._run(prepared)


Made = tuple[Callable[[bytes], Any], Callable[[Any], Any]]


class BenchmarkedEngine:
    """The native engine with a workload's model."""

    def __init__(self, workload: Workload) -> None:
        self.native = native()
        self._schema = schema(self.native, workload)
        self.forest = self.native.Forest(workload.model_file.read_bytes())

    def take(self, envelopes: Any) -> Any:
        return take(envelopes, self.native.Table(self._schema, MODEL))

    def scored(self, event: bytes) -> tuple[Any, Any]:
        table = self.take(scan(event))
        return table, self.forest.scores(table.matrix(), table.rows)

    def encode(self, table: Any, scores: Any) -> Any:
        messages = self.native.Messages()
        table.encode(scores, 1, ("0", "1"), 0.5, SCORED_AT, MIB, True, messages)
        return messages


def _scan(workload: Workload) -> Made:
    native()
    return lambda event: event, scan


def _simplejson(workload: Workload) -> Made:
    from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

    return lambda event: event, LambdaMarshaller().unmarshal_request


def _take(workload: Workload) -> Made:
    return scan, BenchmarkedEngine(workload).take


def _scores(workload: Workload) -> Made:
    engine = BenchmarkedEngine(workload)

    def prepare(event: bytes) -> Any:
        table = engine.take(scan(event))
        return table.matrix(), table.rows

    return prepare, lambda prepared: engine.forest.scores(*prepared)


def _encode(workload: Workload) -> Made:
    engine = BenchmarkedEngine(workload)
    return engine.scored, lambda prepared: engine.encode(*prepared)


def _request(workload: Workload) -> Made:
    engine = BenchmarkedEngine(workload)

    def run(messages: Any) -> None:
        for call in batched(range(len(messages)), MOST_ENTRIES, strict=False):
            messages.put_records(SINK_ARN, call)

    return lambda event: engine.encode(*engine.scored(event)), run


MAKERS: dict[str, Callable[[Workload], Made]] = {
    SIMPLEJSON: _simplejson,
    SCAN: _scan,
    SCAN_SQS: _scan,
    SCAN_SNS_IN_SQS: _scan,
    TAKE: _take,
    TAKE_SQS: _take,
    TAKE_SNS_IN_SQS: _take,
    SCORES: _scores,
    ENCODE: _encode,
    REQUEST: _request,
}
