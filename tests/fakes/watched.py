"""A stack as `millrace watch` sees it: lines of the scorer's log, predictions, a release, and a state of them."""

from typing import Any

from millrace.accounting.invocation_lines import LoggedInvocation
from millrace.accounting.prediction import Prediction
from millrace.watch.state import State
from millrace.watch.updates import Alarm, Alarms, Column, Drifted, Logged, Published, Released
from model_store.release import Change, Pointer, Release
from telemetry import emf, metrics
from tests.fakes.runs import prediction

NOW = 1_795_264_867.0  # 12:41:07 UTC
CHAMPION, CHALLENGER = "20261121-183549", "20261121-190000"


def line(at: float = NOW, values: dict[str, float] | None = None, **properties: Any) -> str:
    """The line of an invocation that ended then."""
    told = {metrics.EVENTS: 500, metrics.PREDICTIONS: 490} | (values or {})
    members = {"level": "INFO", "message": "batch scored", "request_id": "r"} | properties
    return emf.line(at, {"FunctionName": "scorer"}, told, metrics.UNITS, members)


def by_code(code: str, number: int, at: float = NOW) -> str:
    """The further line of an invocation that quarantined something."""
    dimensions = {"FunctionName": "scorer", "Code": code}
    return emf.line(at, dimensions, {metrics.QUARANTINED_BY_CODE: number}, metrics.UNITS, {"request_id": "r"})


def invocation(at: float = NOW, values: dict[str, float] | None = None, **properties: Any) -> LoggedInvocation:
    return LoggedInvocation(at, {metrics.EVENTS: 500, metrics.PREDICTIONS: 490} | (values or {}), properties)


def predictions(count: int, at: float = NOW, latency: float = 0.25, **changes: Any) -> list[Prediction]:
    times = {"arrived_at": at - latency, "published_at": at}
    return [
        prediction(f"{number:064x}", event_id=f"session-7-{number:09}", **times | {"version": CHAMPION} | changes)
        for number in range(count)
    ]


def release(share: float = 0.1) -> Release:
    def pointer(version: str) -> Pointer:
        return Pointer(version, "digest", "manifest", "model")

    change = Change("split", "arn:aws:iam::123456789012:user/ada", "")
    return Release(pointer(CHAMPION), "2026-11-21T12:00:05.031Z", pointer(CHALLENGER), share, change=change)


def column(name: str, psi: float = 0.01, *reasons: str, missing: float = 0.0) -> Column:
    return Column(CHAMPION, name, 5_000, psi, missing, reasons)


def state(*, sink: str = "kinesis", began: float = NOW - 120) -> State:
    """Of a stack of which nothing is known yet."""
    return State("dev", "purchase-intent", sink, began, reads_sink=sink == "kinesis")


def busy() -> State:
    """Two minutes with faults of every kind."""
    busy = state()
    quarantined = {"MISSING_FEATURE": 6, "WRONG_TYPE": 4}
    values = {
        metrics.QUARANTINED: 10,
        metrics.PUBLISH_RETRIES: 2,
        metrics.EVENT_AGE: 320,
        metrics.BATCH_DURATION: 90,
        metrics.PREDICT_DURATION: 4,
    }
    for ago in range(120):
        at = NOW - ago
        busy.fold(Logged([invocation(at, values, quarantined=quarantined)]))
        busy.fold(Published(predictions(8, at)))
        busy.fold(Published(predictions(2, at, version=CHALLENGER, variant="challenger")))
    busy.fold(Logged([invocation(values={metrics.COLD_STARTS: 1}, level="ERROR", error="ModelUnavailable")]))
    busy.fold(Released(release()))
    busy.fold(Drifted("2026-11-21T12:30:00.000Z", [column("hour"), column("cart_value", 0.34, "values")]))
    busy.fold(Alarms([Alarm("dev-scorer-errors", "OK", ""), Alarm("dev-scorer-age", "ALARM", "above 60 s")]))
    return busy
