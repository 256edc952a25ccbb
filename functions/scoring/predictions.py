"""Encodes predictions: ASCII JSON for the sink."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from json.encoder import encode_basestring_ascii  # the JSON encoder's own, in C where there is one

from model_store.release import CHAMPION
from records.faults import Code, Fault
from records.timestamps import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array

    from model_store.manifest import Manifest
    from model_store.output import Output
    from records.record import Record

SCHEMA_VERSION = 2  # of predictions: docs/contracts.md

_compact = json.JSONEncoder(separators=(",", ":")).encode


class Encoder:
    """Encodes the predictions of one model version and variant; the constant part is encoded once."""

    def __init__(self, manifest: Manifest, digest: str, variant: str) -> None:
        self.output, self.form = manifest.output, manifest.prediction
        self.model = _compact(_identity(manifest, digest, variant))
        self.names = tuple(f"{encode_basestring_ascii(name)}:" for name in manifest.output.names)

    def encode(
        self,
        record: Record,
        event_id: str | int | None,
        scores: array[float],
        scored_at: float,
        passthrough: str = "",
        attributions: str = "",
    ) -> bytes:
        """The prediction of one event. Raises Fault (NON_FINITE) if a score is not finite.

        event_id : None leaves it out. passthrough : the JSON text of that member; an empty one leaves it out.
        attributions : as `attributions.text` returns it, or empty.

        Only `scored_at` differs between two copies, so it is last: everything before it is a pure function of the
        record and the model version, byte for byte.
        """
        if not all(map(math.isfinite, scores)):
            raise not_finite()
        label = label_of(self.output, scores)
        compact = self.form.compact
        return (
            f"{'{' if compact else f'{{"schema_version":{SCHEMA_VERSION},'}"
            f'"prediction_id":"{record.prediction_id}",'
            f"{'' if event_id is None else f'"event_id":{event_id_text(event_id)},'}"
            f"{f'"partition_key":{encode_basestring_ascii(record.partition_key)},' if self.form.partition_key else ''}"
            f'"model":{self.model},'
            f"{_scores(scores, self.names)},"
            f"{'' if label is None else f'"label":{encode_basestring_ascii(label)},'}"
            f"{attributions}"
            f"{passthrough and f'"passthrough":{passthrough},'}"
            f'"source":{_arrival(record) if compact else source_text(record)},'
            f'"scored_at":"{timestamp(scored_at)}"}}'
        ).encode("ascii")


def _identity(manifest: Manifest, digest: str, variant: str) -> dict[str, str]:
    """The member `model`. Compact, the stack knows the name, and the version's manifest has the digest."""
    if not manifest.prediction.compact:
        return {"name": manifest.name, "version": manifest.version, "digest": digest, "variant": variant}
    return {"version": manifest.version} | ({} if variant == CHAMPION else {"variant": variant})


class NonFiniteScore(Fault):
    """The event is valid, and the model's score of it is no number."""


def not_finite() -> Fault:
    return NonFiniteScore(Code.NON_FINITE, "/score", "expected a finite score from the model")


def label_of(output: Output, scores: array[float]) -> str | None:
    """The label: the top class of many scores; of one score, by the threshold; None if the model has no labels."""
    if not output.labels:
        return None
    if len(scores) > 1:
        return output.labels[max(range(len(scores)), key=scores.__getitem__)]
    return None if output.threshold is None else output.labels[scores[0] >= output.threshold]


def source_text(record: Record) -> str:
    """`record.describe()` as JSON; the part that the records of a batch share is cached."""
    place = _place(record.source, record.arn, record.shard)
    subsequence = "" if record.subsequence is None else f'"subsequence":{record.subsequence},'
    index = "" if record.index is None else f'"index":{record.index},'
    position = encode_basestring_ascii(record.position)
    return f'{{{place},"position":{position},{subsequence}{index}"arrived_at":"{timestamp(record.arrived_at)}"}}'


def _arrival(record: Record) -> str:
    """The `source` of a compact prediction."""
    return f'{{"arrived_at":"{timestamp(record.arrived_at)}"}}'


@lru_cache(maxsize=256)
def _place(source: str, arn: str, shard: str) -> str:
    place = {"type": source, "arn": arn} | ({"shard": shard} if shard else {})
    return _compact(place)[1:-1]


def event_id_text(event_id: str | int | None) -> str:
    """An id as JSON; empty where there is none."""
    if event_id is None:
        return ""
    return encode_basestring_ascii(event_id) if type(event_id) is str else str(event_id)


def _scores(scores: array[float], names: tuple[str, ...]) -> str:
    """`score`, or `scores`: an array for many classes, an object for named outputs.

    The decimals are the shortest that read back as the same numbers.
    """
    if names:
        return f'"scores":{{{",".join(f"{name}{score!r}" for name, score in zip(names, scores, strict=True))}}}'
    if len(scores) == 1:
        return f'"score":{scores[0]!r}'
    return f'"scores":[{",".join(map(repr, scores))}]'
