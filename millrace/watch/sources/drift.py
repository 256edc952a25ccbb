"""What the evaluator found when it looked for drift last: docs/evaluation.md."""

from collections.abc import Callable, Iterator
from typing import Any

from millrace.watch.updates import Column, Drifted
from model_store.documents import Document, parse
from outcomes.store import drift_key

POLL_SECONDS = 30.0


def latest(s3: Any, bucket: str, model: str) -> Callable[[Callable[[Drifted], None]], None]:
    """Reads the evaluator's last finding. Raises what the client raises, and DocumentInvalid."""

    def look(tell: Callable[[Drifted], None]) -> None:
        tell(read(s3.get_object(Bucket=bucket, Key=drift_key(model))["Body"].read()))

    return look


def read(raw: bytes) -> Drifted:
    """The columns of the versions that serve, from `drift.json`. Raises DocumentInvalid."""
    document = parse(raw, "drift")
    serving = [version for version in document.children("versions") if version.get("serving", bool)]
    return Drifted(document.get("to", str), [column for version in serving for column in _columns(version)])


def _columns(of: Document) -> Iterator[Column]:
    version, features, scores = of.get("version", str), of.child("features"), of.children("scores")
    for place, score in enumerate(scores):
        yield _column(version, "score" if len(scores) == 1 else f"score {place}", score)
    for name in features.members:
        yield _column(version, name, features.child(name))


def _column(version: str, name: str, of: Document) -> Column:
    rows, psi, missing = of.get("rows", int), of.get("psi", float), of.get("missing", float)
    return Column(version, name, rows, psi, missing, of.strings("reasons"))
