"""The members of predictions and outcomes that the evaluation needs, each stored as a row of a Parquet file.

Records are validated when they are collected (Fault: the record goes to quarantine), not when the files are read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from evaluation.values import LARGEST
from model_store.release import CHAMPION
from outcomes.hours import hour_of
from records.faults import Code, Fault
from records.identity import key_digest
from records.timestamps import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from records.record import Record

MAX_ID = 1_024  # characters of an id
MAX_TEXT = 1_024  # characters of a label

# The columns of the files, with DuckDB's types.
TEXT, TIME = "VARCHAR", "TIMESTAMP_MS"
PREDICTION_COLUMNS = {
    "prediction_id": TEXT, "event_id": TEXT, "version": TEXT, "variant": TEXT, "scores": "DOUBLE[]", "scored_at": TIME,
    "arrived_at": TIME, "key_digest": TEXT,
}  # fmt: skip
OUTCOME_COLUMNS = {
    "prediction_id": TEXT, "event_id": TEXT, "label": TEXT, "number": "DOUBLE", "observed_at": TIME,
    "arrived_at": TIME, "position": TEXT,
}  # fmt: skip


class CollectedPrediction(NamedTuple):
    """A published prediction.

    arrived_at : of its event, so all copies of a prediction have the same. key_digest : of its partition key, by which
    `millrace forget` finds it; empty where the manifest leaves the key out.
    """

    prediction_id: str
    event_id: str
    version: str
    variant: str
    scores: tuple[float, ...]
    scored_at: str
    arrived_at: str
    key_digest: str

    @classmethod
    def read(cls, document: dict[str, Any], model: str) -> Self:
        """Read a prediction, see docs/contracts.md. Raises Fault, also for a prediction of another model."""
        about, source = _object(document, "model"), _object(document, "source")
        # A compact prediction leaves out the name of the model, and the variant unless it is another.
        compact = "schema_version" not in document and "name" not in about
        if not compact and _text(about, "name", "/model/name") != model:
            raise Fault(Code.WRONG_TYPE, "/model/name", "expected the name of the evaluated model")
        scores = [document["score"]] if "score" in document else document.get("scores")
        if isinstance(scores, dict):  # of named outputs
            scores = list(scores.values())
        if not isinstance(scores, list) or not scores:
            raise Fault(Code.WRONG_TYPE, "/score", "expected a score or an array of scores")
        return cls(
            _text(document, "prediction_id"),
            _event_id(document),
            _text(about, "version", "/model/version"),
            CHAMPION if compact and "variant" not in about else _text(about, "variant", "/model/variant"),
            tuple(_number(score, "/score") for score in scores),
            _time(document.get("scored_at"), "/scored_at"),
            _time(source.get("arrived_at"), "/source/arrived_at"),
            _key_digest(document.get("partition_key")),
        )

    def row(self) -> dict[str, Any]:
        """The members of PREDICTION_COLUMNS."""
        return self._asdict()


class ObservedOutcome(NamedTuple):
    """An outcome. Times are RFC 3339 in UTC with milliseconds.

    prediction_id, event_id : of the prediction or event; at most one is empty. An integer id is its decimal text.
    value : a label's text, the number of a class, or a number. position : identifies the record (SHA-256); the same
    for each delivery of that record.
    """

    prediction_id: str
    event_id: str
    value: str | int | float
    observed_at: str
    arrived_at: str
    position: str

    @classmethod
    def read(cls, document: dict[str, Any], record: Record) -> Self:
        """Read an outcome, see docs/contracts.md. Raises Fault.

        `observed_at` is at most `arrived_at`: otherwise an outcome with a fast clock would override every correction.
        """
        prediction_id, event_id = _optional_text(document, "prediction_id"), _event_id(document)
        if not prediction_id and not event_id:
            raise Fault(Code.MISSING_EVENT_ID, "/event_id", "expected event_id or prediction_id, got neither")
        arrived_at = timestamp(record.arrived_at)
        observed = document.get("observed_at")
        observed_at = arrived_at if observed is None else min(arrived_at, _time(observed, "/observed_at"))
        value = _value(document.get("outcome"))
        return cls(prediction_id, event_id, value, observed_at, arrived_at, record.prediction_id)

    def row(self) -> dict[str, Any]:
        """The members of OUTCOME_COLUMNS: the value is a label or a number."""
        members = self._asdict()
        value = members.pop("value")
        return members | ({"label": value} if isinstance(value, str) else {"number": float(value)})


def hour(time: str) -> int:
    """The hour of a time as it is stored."""
    return _hour(time[:13])


@lru_cache(maxsize=1_000)
def _hour(of: str) -> int:
    return hour_of(datetime.fromisoformat(f"{of}:00:00Z").timestamp())


def _event_id(document: dict[str, Any]) -> str:
    """The id of an event as text, whether it is text or an integer; empty where it is absent or null."""
    event_id = document.get("event_id")
    return str(event_id) if type(event_id) is int else _optional_text(document, "event_id")


def _key_digest(partition_key: Any) -> str:
    if partition_key is None:
        return ""
    if not isinstance(partition_key, str):
        raise Fault(Code.WRONG_TYPE, "/partition_key", "expected text")
    return key_digest(partition_key)


def _object(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise Fault(Code.WRONG_TYPE, f"/{name}", "expected an object")
    return value


def _text(document: dict[str, Any], name: str, path: str = "") -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID:
        raise Fault(Code.WRONG_TYPE, path or f"/{name}", f"expected text of 1 to {MAX_ID} characters")
    return _unicode(value)


def _unicode(text: str) -> str:
    """The text; half of a surrogate pair, which JSON may have and no file can, as its escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _optional_text(document: dict[str, Any], name: str) -> str:
    return "" if document.get(name) is None else _text(document, name)


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(Code.WRONG_TYPE, path, "expected a number")
    if not abs(value) <= LARGEST:
        raise Fault(Code.NON_FINITE, path, "expected a number that float32 can hold")
    return float(value)


def _value(value: Any) -> str | int | float:
    """Checks the type only; whether the outcome is valid for the model is checked in `tally`."""
    if isinstance(value, str):
        if not 0 < len(value) <= MAX_TEXT:
            raise Fault(Code.WRONG_TYPE, "/outcome", f"expected a label of 1 to {MAX_TEXT} characters")
        return _unicode(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(Code.WRONG_TYPE, "/outcome", "expected a label's text, the number of a class, or a number")
    exact = _number(value, "/outcome")
    return value if isinstance(value, int) else exact


def _time(value: Any, path: str) -> str:
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            raise ValueError("no offset from UTC")
        if time.tzinfo is UTC and _is_stored(value):
            return str(value)
        utc = time.astimezone(UTC).isoformat(timespec="milliseconds")
    except (TypeError, ValueError, OverflowError):
        raise Fault(Code.WRONG_TYPE, path, "expected a time in RFC 3339, such as 2026-11-21T12:41:07.250Z") from None
    return utc.replace("+00:00", "Z")


def _is_stored(time: str) -> bool:
    """Whether a valid time in UTC has the form in which times are stored, as those that Millrace writes have."""
    return len(time) == 24 and (time[4], time[7], time[10], time[19], time[23]) == ("-", "-", "T", ".", "Z")
