"""Folding what the sources tell."""

import json
from copy import replace

import pytest

from millrace.watch.snapshot import snapshot
from millrace.watch.state import LATEST, MOST_VERSIONS
from millrace.watch.updates import Alarms, Logged, Published, Released
from telemetry import metrics
from tests.fakes.watched import CHALLENGER, CHAMPION, NOW, busy, invocation, predictions, release, state


def test_nothing_is_known_at_first() -> None:
    found = snapshot(state(), NOW)

    assert found["totals"]["events"] == 0
    assert found["seconds"]["arrival_to_sink"] is found["release"] is found["alarms"] is found["drift"] is None
    assert found["seen"] == found["latest"] == []


def test_a_snapshot_tells_everything() -> None:
    found = json.loads(json.dumps(snapshot(busy(), NOW)))

    assert (found["stack"], found["model"], found["sink"]) == ("dev", "purchase-intent", "kinesis")
    assert (found["at"], found["since"]) == ("2026-11-21T12:41:07.000Z", "2026-11-21T12:39:07.000Z")
    assert found["rates"] == {"events": 500, "predictions": 490, "in_sink": 10, "quarantined": 10, "batches": 1}
    assert found["totals"] == {
        "events": 121 * 500,
        "predictions": 121 * 490,
        "in_sink": 1200,
        "quarantined": 1200,
        "batches": 121,
        "failed": 0,
        "resent": 240,
        "cold_starts": 1,
        "releases_refused": 0,
        "failed_batches": 1,
        "unreadable": 0,
    }
    assert found["quarantined"] == {"MISSING_FEATURE": 720, "WRONG_TYPE": 480}
    assert found["errors"] == {"ModelUnavailable": 1}
    assert found["seconds"]["arrival_to_sink"]["p99"] == pytest.approx(0.25, rel=0.01)
    assert found["seconds"]["oldest_of_batch"]["p50"] == pytest.approx(0.32, rel=0.01)
    assert found["seconds"]["predict"]["p50"] == pytest.approx(0.004, rel=0.01)
    assert found["seconds"]["publish"] is None
    assert found["release"]["champion"] == CHAMPION
    assert (found["release"]["challenger"], found["release"]["share"]) == (CHALLENGER, 0.1)
    assert found["seen"] == [
        {"version": CHAMPION, "variant": "champion", "share": 0.8},
        {"version": CHALLENGER, "variant": "challenger", "share": 0.2},
    ]
    assert found["drift"]["columns"] == 2
    assert [column["column"] for column in found["drift"]["drifted"]] == ["cart_value"]
    assert found["alarms"] == {"alarms": 2, "in_alarm": [{"name": "dev-scorer-age", "reason": "above 60 s"}]}
    assert found["trouble"] == {}


def test_ids_are_shortened_and_features_are_not_there() -> None:
    (last,) = snapshot(busy(), NOW)["latest"][-1:]

    assert last["event_id"] == "sessio…000001"
    assert len(last["prediction_id"]) < 16
    members = {"prediction_id", "event_id", "version", "variant", "score", "label", "published_at", "seconds"}
    assert set(last) == members


def test_what_is_kept_is_bounded() -> None:
    many = state()
    for number in range(10 * MOST_VERSIONS):
        many.fold(Published(predictions(LATEST + 1, version=str(number))))

    assert len(many.latest) == LATEST
    assert len(many.seen) == MOST_VERSIONS
    assert many.shares(NOW)[0][2] == 1 / MOST_VERSIONS


def test_of_a_sink_that_is_not_read_the_log_tells_the_versions() -> None:
    queue = state(sink="sqs")
    told = {"champion": 450, "challenger": 50}
    versions = {"champion": CHAMPION, "challenger": CHALLENGER}
    queue.fold(Logged([invocation(predictions_by_variant=told, versions=versions)]))

    assert queue.shares(NOW) == [(CHAMPION, "champion", 0.9), (CHALLENGER, "challenger", 0.1)]


def test_of_a_sink_that_is_read_nothing_is_counted_twice() -> None:
    stream = state()
    stream.fold(Logged([invocation(predictions_by_variant={"champion": 450}, versions={"champion": CHAMPION})]))

    assert stream.shares(NOW) == []


def test_the_release_and_the_alarms_are_the_last_ones() -> None:
    changed = busy()
    changed.fold(Released(release(share=0.5)))
    changed.fold(Alarms([]))

    assert changed.release == release(share=0.5)
    assert changed.alarms == Alarms([])


def test_a_scorer_that_does_not_know_whether_it_is_current() -> None:
    stale = state()
    stale.fold(Logged([invocation(values={metrics.RELEASE_STALE_SECONDS: 90.0, metrics.RELEASE_REFUSED: 1})]))
    assert (stale.stale_seconds, stale.totals["releases_refused"]) == (90.0, 1)

    stale.fold(Logged([invocation(values={metrics.RELEASE_STALE_SECONDS: 0.0})]))
    assert stale.stale_seconds == 0


def test_what_drives_the_champions_scores_is_summed_until_another_serves() -> None:
    seen = state()
    seen.fold(Released(release(), {"pages": 0.75, "spend": 0.25}))
    seen.fold(Published(predictions(3, attributions=(("spend", -1.5), ("pages", 0.5)))))
    seen.fold(Published(predictions(2, version=CHALLENGER, attributions=(("pages", 9.0),))))
    assert snapshot(seen, NOW)["drivers"] == {
        "predictions": 3,
        "features": [
            {"feature": "spend", "now": 0.75, "trained": 0.25},
            {"feature": "pages", "now": 0.25, "trained": 0.75},
        ],
    }
    other = release()
    seen.fold(Released(replace(other, champion=replace(other.champion, version="next"))))
    assert snapshot(seen, NOW)["drivers"] is None


def test_the_quality_that_scores_let_expect_is_of_the_champion_until_another_serves() -> None:
    seen = state()
    seen.fold(Published(predictions(5, score=0.9)))
    seen.fold(Released(release(), {}, 0.5))
    assert snapshot(seen, NOW)["expected"]["metrics"]["accuracy"]["value"] is None
    seen.fold(Published([*predictions(40, score=0.9), *predictions(60, score=0.2)]))
    seen.fold(Published(predictions(50, score=0.5, version=CHALLENGER)))
    seen.fold(Published([]))
    found = snapshot(seen, NOW)["expected"]
    accuracy = found["metrics"]["accuracy"]
    assert (found["predictions"], accuracy["value"]) == (100, pytest.approx(0.4 * 0.9 + 0.6 * 0.8))
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    seen.fold(Released(release(), {}, 0.5))
    assert snapshot(seen, NOW)["expected"]["predictions"] == 100, "the same release, looked at again"
    other = release()
    seen.fold(Released(replace(other, champion=replace(other.champion, version="next"))))
    assert snapshot(seen, NOW)["expected"] is None, "its scores are not calibrated"
