"""What follows batches, in its own time."""

from types import SimpleNamespace

from scorer.server import aftermath
from scorer.server.aftermath import MOST_COUNTED, Aftermath
from scorer.server.metrics import ServerMetrics


class Counting:
    """In place of the watch of missing values, of the shadow, and of the drift watch."""

    def __init__(self):
        self.counted, self.scored, self.drifted = [], [], []

    def count(self, tables, *rest):
        (self.drifted if rest else self.counted).append(tables)

    def score(self, serving, outcome, *_):
        self.scored.append(outcome)
        return {"scored": 1, "version": "2"}


def followed(outcomes, monkeypatch, *, shadow, drift):
    counting, metrics = Counting(), ServerMetrics("web")
    monkeypatch.setattr(aftermath, "MissingWatch", lambda: counting)
    one = Aftermath(counting, counting if drift else None, metrics)
    serving = SimpleNamespace(release=SimpleNamespace(shadow=shadow))
    for number in range(outcomes):
        one.add(serving, SimpleNamespace(tables=number, messages=[b""]), 0.0)
    one.start()
    one.stop(10)
    return counting, metrics.text().decode()


def test_missing_values_of_a_busy_turn_are_counted_evenly(monkeypatch):
    counting, _ = followed(1000, monkeypatch, shadow=None, drift=False)
    assert counting.counted == list(range(0, 1000, 1000 // MOST_COUNTED))
    assert counting.scored == counting.drifted == []


def test_shadow_and_drift_get_every_batch(monkeypatch):
    counting, text = followed(120, monkeypatch, shadow="a pointer", drift=True)
    assert len(counting.scored) == len(counting.drifted) == 120
    assert 'millrace_shadow_events_total{outcome="scored"} 120.0' in text


def test_what_is_too_much_is_left_out_and_counted(monkeypatch):
    monkeypatch.setattr(aftermath, "MOST_OUTCOMES", 10)
    counting, text = followed(12, monkeypatch, shadow="a pointer", drift=False)
    assert len(counting.scored) == 10
    assert "millrace_left_out_events_total 2.0" in text
