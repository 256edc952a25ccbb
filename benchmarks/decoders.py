"""From the events of a batch to its float32 matrix: ways to read JSON, the scorer's own among them."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.engine import native, scan, take
from benchmarks.envelopes import SHARD, STREAM_ARN
from benchmarks.workload import Size, Workload

Decode = Callable[[list[bytes]], Any]
NATIVE_TABLE, NATIVE_TAKE, JSON_LOOP = "Millrace, native", "Millrace, native, base64 and identity too", "json.loads"
PYTHON = "Millrace, Python, with every check"
# As the scorer renders them: JSON text of a prediction's members.
MODEL = '{"name":"bench","version":"300-trees","digest":"d","variant":"champion"}'
SOURCE = f'{{"type":"kinesis","arn":"{STREAM_ARN}","shard":"{SHARD}","position":"1","arrived_at":"2026-11-21T12:41:07.000Z"}}'  # noqa: E501


class Decoder:
    """A contestant: the matrix of `size` events."""

    def __init__(self, size: Size, name: str) -> None:
        self._workload, self._name = Workload(size), name
        self._decode = MAKERS[name](self._workload)

    def prepare(self, size: int) -> Any:
        if self._name == NATIVE_TAKE:
            return scan(self._workload.event(size))
        return self._workload.payloads(size)

    def run(self, prepared: Any) -> Any:
        return self._decode(prepared)


def _loads(loads: Callable[[bytes], Any]) -> Callable[[Workload], Decode]:
    def make(workload: Workload) -> Decode:
        names = workload.names

        def decode(payloads: list[bytes]) -> Any:
            rows = []
            for payload in payloads:
                features = loads(payload)["features"]
                rows.append([features[name] for name in names])
            return np.array(rows, dtype=np.float32)

        return decode

    return make


def _orjson(workload: Workload) -> Decode:
    import orjson

    return _loads(orjson.loads)(workload)


def _msgspec(workload: Workload) -> Decode:
    import msgspec

    from benchmarks.peers.joined import event_type, matrix

    decoder = msgspec.json.Decoder(event_type(workload.names)).decode
    return lambda payloads: matrix([decoder(payload) for payload in payloads], workload.size.features)


def _joined(workload: Workload) -> Decode:
    import msgspec

    from benchmarks.peers.joined import event_type, matrix

    decoder = msgspec.json.Decoder(list[event_type(workload.names)]).decode  # type: ignore[misc]
    return lambda payloads: matrix(decoder(b"[" + b",".join(payloads) + b"]"), workload.size.features)


def _python(workload: Workload) -> Decode:
    from model_store.artifact import Artifact
    from records.strict_json import decode
    from scoring.features import Matrix
    from scoring.validate import Validator

    row, names = Validator(Artifact.read(workload.model_file.parent).manifest).row, workload.names

    def decode_all(payloads: list[bytes]) -> Any:
        matrix = Matrix(len(names))
        for payload in payloads:
            matrix.append(row(decode(payload)).features, names)
        return matrix.data

    return decode_all


def _table(workload: Workload) -> Decode:
    engine = native()
    columns = schema(engine, workload)

    def decode(payloads: list[bytes]) -> Any:
        table = engine.Table(columns, MODEL)
        add = table.add
        for number, payload in enumerate(payloads):
            if not add("key", "id", SOURCE, payload, number):
                raise AssertionError(f"expected event {number} to be an ordinary one")
        return table.matrix()

    return decode


def _take(workload: Workload) -> Decode:
    engine = native()
    columns = schema(engine, workload)

    return lambda envelopes: take(envelopes, engine.Table(columns, MODEL)).matrix()


def schema(engine: Any, workload: Workload) -> Any:
    from model_store.artifact import Artifact
    from scoring.engine import native_schema

    return native_schema.schema(engine, Artifact.read(workload.model_file.parent).manifest)


MAKERS: dict[str, Callable[[Workload], Decode]] = {
    NATIVE_TABLE: _table,
    NATIVE_TAKE: _take,
    "msgspec, the batch joined": _joined,
    "msgspec, a record at a time": _msgspec,
    "orjson": _orjson,
    JSON_LOOP: _loads(json.loads),
    PYTHON: _python,
}
