"""Draw docs/images/watch.svg: `millrace watch` in front of planted minutes, the same picture each time.

    .venv/bin/python -m scripts.watch_picture

A champion with a challenger at a tenth, some bad events, a feature that has drifted, and the alarm on that.
"""

import random
from pathlib import Path

from millrace.accounting import Prediction
from millrace.invocation_lines import Invocation
from millrace.watch import picture
from millrace.watch.state import State
from millrace.watch.updates import Alarm, Alarms, Column, Drifted, Logged, Published, Released
from model_store.release import Change, Pointer, Release
from telemetry import metrics

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "watch.svg"
NOW = 1_795_264_867.0  # 2026-11-21 12:41:07 UTC
CHAMPION, CHALLENGER, SHARE = "20261118-090412", "20261121-113000", 0.1
MINUTES = 4
CODES = ["INVALID_JSON", "NON_FINITE", "WRONG_TYPE", "INVALID_UTF8", "MISSING_FEATURE", "UNKNOWN_CATEGORY"]
ALARMS = ["errors", "throttles", "event-age", "quarantine-rate", "release-refused", "columns-drifted"]
PSI = {"cart_value": 0.41, "hour": 0.06, "score": 0.04, "pages_viewed": 0.02, "device": 0.01, "weekend": -0.01}


def main() -> None:
    picture.write(PICTURE, planted(random.Random(7)), NOW)


def planted(dice: random.Random) -> State:
    """Everything that the view shows, drawn with these dice."""
    state = State("dev", "purchase-intent", "kinesis", NOW - 60 * MINUTES)
    for second in range(60 * MINUTES):
        _second(state, NOW - 60 * MINUTES + second, dice)
    state.fold(Released(_release()))
    columns = [Column(CHAMPION, name, 48_000, psi, 0.0, ("values",) if psi > 0.2 else ()) for name, psi in PSI.items()]
    state.fold(Drifted("2026-11-21T13:00:00.000Z", columns))
    state.fold(Alarms([_alarm(name, rings=name == "columns-drifted") for name in ALARMS]))
    return state


def _second(state: State, at: float, dice: random.Random) -> None:
    """Two batches, and a few of their predictions: more events with each minute, and a sink that once is slow."""
    for _ in range(2):
        events = int(dice.gauss(380, 60) * (1 + (at - state.began) / 400))
        bad = sum(dice.random() < 0.01 for _ in range(events))
        seconds = abs(dice.gauss(0.18, 0.05)) * (6 if dice.random() < 0.02 else 1)
        state.fold(Logged([_invocation(at, events, bad, seconds, dice)]))
        scored = [_prediction(at + dice.random(), seconds, dice) for _ in range(events - bad)]
        state.fold(Published(sorted(scored, key=lambda prediction: prediction.published_at)))


def _invocation(at: float, events: int, bad: int, seconds: float, dice: random.Random) -> Invocation:
    values = {
        metrics.EVENTS: events,
        metrics.PREDICTIONS: events - bad,
        metrics.QUARANTINED: bad,
        metrics.PUBLISH_RETRIES: 3 if dice.random() < 0.004 else 0,
        metrics.COLD_STARTS: at < NOW - 60 * MINUTES + 1,
        metrics.DECODE_DURATION: events * 0.004,
        metrics.PREDICT_DURATION: events * 0.003,
        metrics.ENCODE_DURATION: events * 0.002,
        metrics.PUBLISH_DURATION: seconds * 300,
        metrics.BATCH_DURATION: seconds * 400,
        metrics.EVENT_AGE: seconds * 1_400,
    }
    codes = dice.choices(CODES, weights=(8, 5, 4, 3, 2, 1), k=bad)
    return Invocation(at, values, {"level": "INFO", "quarantined": {code: codes.count(code) for code in CODES}})


def _prediction(at: float, seconds: float, dice: random.Random) -> Prediction:
    challenged = dice.random() < SHARE
    score = dice.betavariate(0.6, 3)
    return Prediction(
        prediction_id=f"{dice.getrandbits(256):064x}",
        event_id=f"session-7-{dice.randrange(10**9):09}",
        version=CHALLENGER if challenged else CHAMPION,
        variant="challenger" if challenged else "champion",
        score=score,
        label=str(int(score >= 0.5)),
        path="event_stream",
        arrived_at=at - seconds * (0.6 + 0.8 * dice.random()),
        published_at=at,
    )


def _release() -> Release:
    def pointer(version: str) -> Pointer:
        return Pointer(version, "digest", "manifest", "model")

    change = Change("split", "arn:aws:iam::123456789012:user/ada", "")
    return Release(pointer(CHAMPION), "2026-11-21T11:32:10.000Z", pointer(CHALLENGER), SHARE, change=change)


def _alarm(name: str, *, rings: bool) -> Alarm:
    return Alarm(f"millrace-scorer-{name}", "ALARM" if rings else "OK", "Threshold crossed: 1.0 > 0.0" if rings else "")


if __name__ == "__main__":
    main()
