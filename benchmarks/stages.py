"""The stages of a batch in the native engine, each by itself, through its public interface (functions/native)."""

import json
from collections.abc import Callable
from itertools import batched
from typing import Any

from benchmarks.decoders import MODEL, schema
from benchmarks.engine import native
from benchmarks.worker import Skip
from benchmarks.workload import Size, Workload

SCAN, TAKE, SCORES, ENCODE, REQUEST = (
    "event's bytes to envelopes",
    "envelopes to matrix",
    "trees",
    "scores to predictions",
    "predictions to request bodies",
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

    def prepare(self, size: int) -> Any:
        return self._prepare(self._workload.event(size))

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
        table = self.native.Table(self._schema, MODEL)
        if self.native.take(envelopes, 0, [table], 0.0) != len(envelopes):
            raise AssertionError("expected ordinary records only")
        return table

    def scored(self, event: bytes) -> tuple[Any, Any]:
        table = self.take(json.loads(event)["Records"])
        return table, self.forest.scores(table.matrix(), table.rows)

    def encode(self, table: Any, scores: Any) -> Any:
        messages = self.native.Messages()
        table.encode(scores, 1, ("0", "1"), 0.5, SCORED_AT, MIB, True, messages)
        return messages


def _scan(workload: Workload) -> Made:
    engine = native()
    if not hasattr(engine, "Envelopes"):
        raise Skip("the native engine reads no events yet")
    return lambda event: event, engine.Envelopes.scan


def _simplejson(workload: Workload) -> Made:
    from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

    return lambda event: event, LambdaMarshaller().unmarshal_request


def _take(workload: Workload) -> Made:
    return lambda event: json.loads(event)["Records"], BenchmarkedEngine(workload).take


def _scores(workload: Workload) -> Made:
    engine = BenchmarkedEngine(workload)

    def prepare(event: bytes) -> Any:
        table = engine.take(json.loads(event)["Records"])
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
    TAKE: _take,
    SCORES: _scores,
    ENCODE: _encode,
    REQUEST: _request,
}
