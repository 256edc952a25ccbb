"""The state as one JSON object, for programs. Times are in seconds, rates a second; null is not known."""

from collections.abc import Mapping
from typing import Any

from millrace.accounting.prediction import Prediction
from millrace.model.releases import roles
from millrace.watch.state import BATCH, BATCHES, FAILED_BATCHES, IN_SINK, OLDEST, STAGES, TO_SINK, UNREADABLE, State
from millrace.watch.words import shortened
from records.timestamps import timestamp

FLOWS = ("events", "predictions", IN_SINK, "quarantined", BATCHES)


def snapshot(state: State, now: float) -> dict[str, Any]:
    """What the view shows, and the same counts as totals since `since`."""
    rates = {name: state.series[name].rate(now, state.began) for name in FLOWS}
    return {
        "at": timestamp(now),
        "since": timestamp(state.began),
        "stack": state.stack,
        "model": state.model,
        "sink": state.sink,
        "rates": {name: None if rate is None else round(rate, 3) for name, rate in rates.items()},
        "totals": {
            name: state.totals[name]
            for name in (*FLOWS, "failed", "resent", "cold_starts", "releases_refused", FAILED_BATCHES, UNREADABLE)
        },
        "quarantined": dict(state.quarantined.most_common()),
        "errors": dict(state.errors.most_common()),
        "seconds": {name: _percentiles(state, name, now) for name in (TO_SINK, OLDEST, BATCH, *STAGES)},
        "seconds_behind": max(state.behind.values(), default=0.0),
        "release": roles(state.release) if state.release else None,
        "release_stale_seconds": state.stale_seconds,
        "seen": [
            {"version": version, "variant": variant, "share": round(share, 4)}
            for version, variant, share in state.shares(now)
        ],
        "drivers": _drivers(state),
        "expected": _expected(state),
        "drift": _drift(state),
        "alarms": _alarms(state),
        "latest": [_prediction(prediction) for prediction in state.latest],
        "trouble": dict(state.trouble),
    }


def _percentiles(state: State, name: str, now: float) -> dict[str, float] | None:
    found: Mapping[int, float] = state.spreads[name].percentiles(now)
    return {f"p{p}": round(seconds, 6) for p, seconds in found.items()} or None


def _drivers(state: State) -> dict[str, Any] | None:
    if not state.drivers.explained:
        return None
    features = [
        {"feature": name, "now": round(now, 4), "trained": None if trained is None else round(trained, 4)}
        for name, now, trained in state.drivers.compared(state.trained)
    ]
    return {"predictions": state.drivers.explained, "features": features}


def _expected(state: State) -> dict[str, Any] | None:
    """The quality without outcomes; concept drift is not in it."""
    if state.expected is None:
        return None
    metrics = {name: estimate.to_json() for name, estimate in state.expected.estimates().items()}
    return {"predictions": state.expected.n, "metrics": metrics}


def _drift(state: State) -> dict[str, Any] | None:
    if state.drift is None:
        return None
    drifted = [
        {"version": c.version, "column": c.name, "psi": round(c.psi, 4), "missing": c.missing, "reasons": [*c.reasons]}
        for c in state.drift.columns
        if c.reasons
    ]
    return {"at": state.drift.at, "columns": len(state.drift.columns), "drifted": drifted}


def _alarms(state: State) -> dict[str, Any] | None:
    if state.alarms is None:
        return None
    in_alarm = [{"name": a.name, "reason": a.reason} for a in state.alarms.alarms if a.state == "ALARM"]
    return {"alarms": len(state.alarms.alarms), "in_alarm": in_alarm}


def _prediction(prediction: Prediction) -> dict[str, Any]:
    """Ids shortened: a view is shown to many."""
    return {
        "prediction_id": shortened(prediction.prediction_id),
        "event_id": shortened(prediction.event_id),
        "version": prediction.version,
        "variant": prediction.variant,
        "score": prediction.score,
        "label": prediction.label,
        "published_at": timestamp(prediction.published_at),
        "seconds": round(prediction.latency, 3),
    }
