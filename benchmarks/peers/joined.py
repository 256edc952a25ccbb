"""The fastest handler that we know how to write out of libraries: msgspec reads the batch as one array of JSON."""

import binascii
from collections.abc import Callable
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from benchmarks.peers import common


class JoinedPrediction(msgspec.Struct, gc=False):  # type: ignore[call-arg,misc]
    event_id: str
    score: float


def event_type(names: list[str]) -> Any:
    """A type whose decoder reads an event's id and its features, in order."""
    features = msgspec.defstruct("Features", [(name, float) for name in names], gc=False)
    return msgspec.defstruct("Event", [("event_id", str), ("features", features)], gc=False)


def matrix(events: list[Any], columns: int) -> Any:
    values = chain.from_iterable(map(msgspec.structs.astuple, [event.features for event in events]))
    return np.fromiter(values, np.float32, len(events) * columns).reshape(-1, columns)


def make(names: list[str]) -> Callable[[Any, Any], Any]:
    booster, kinesis = common.load(), common.client()
    decode = msgspec.json.Decoder(list[event_type(names)]).decode  # type: ignore[misc]
    encode = msgspec.json.Encoder().encode

    def handle(event: Any, context: Any) -> Any:
        records = [record["kinesis"] for record in event["Records"]]
        events = decode(b"[" + b",".join([binascii.a2b_base64(record["data"]) for record in records]) + b"]")
        scores = booster.inplace_predict(matrix(events, len(names))).tolist()
        entries = [
            {"Data": encode(JoinedPrediction(payload.event_id, score)), "PartitionKey": record["partitionKey"]}
            for record, payload, score in zip(records, events, scores, strict=True)
        ]
        common.put_records(kinesis, entries)

    return handle
