"""From what containers counted to what has drifted: found where it was planted, by version, and told."""

import json
from copy import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.drift import Window
from evaluation.drift_counts import Counts
from evaluation.sampling import Sample
from evaluator.handler import invoke
from model_store.artifact import Artifact
from model_store.documents import Document
from outcomes.hours import SECONDS
from tests.fakes import artifacts
from tests.fakes.clock import FakeClock, FakeContext
from tests.fakes.evaluation import NOON, EvaluationBucket, evaluator
from training.baseline import baseline

EVALUATE: dict[str, Any] = {"evaluate": {}}
PAGES = 0  # the column of `pages`


def version(name: str) -> Artifact:
    plain, matrix = artifacts.artifact(version=name), artifacts.matrix(2_000, seed=5)
    scores = artifacts.booster("binary").inplace_predict(matrix).reshape(-1, 1)
    return replace(plain, manifest=replace(plain.manifest, baseline=baseline(artifacts.FEATURES, matrix, scores)))


ONE, TWO = version("1"), version("2")


def counted(artifact: Artifact, rows: int, seed: int, *, more_pages: float = 0.0, stride: int = 1) -> Sample:
    """Rows as in training; with `more_pages` that feature alone has drifted, as the scores are those without it."""
    matrix = artifacts.matrix(rows, seed)
    scores = artifacts.booster("binary").inplace_predict(matrix).astype(np.float32)
    matrix[:, PAGES] += more_pages
    sample = Sample(artifact.manifest)
    sample.add(stride, matrix.tobytes(), scores.tobytes())
    return sample


class Stand:
    """An evaluator at five past four, on a bucket in which the containers of a scorer write."""

    def __init__(self, bucket: EvaluationBucket | None = None, **changes: str) -> None:
        self.bucket, self.clock, self.lines = (
            bucket or EvaluationBucket(),
            FakeClock(NOON + 4 * SECONDS + 300),
            list[str](),
        )
        for artifact in (ONE, TWO):
            self.bucket.publish(artifact)
        self.evaluator = evaluator(self.bucket, self.clock, self.lines, **changes)

    def write(self, name: str, artifact: Artifact, sample: Sample, hour: int = 4) -> None:
        """What a container began to count in that hour after noon."""
        counts = Counts(artifact.manifest.version, sample, NOON + hour * SECONDS)
        self.bucket.put_object(Bucket="evaluation", Key=counts.key("sessions", name), Body=counts.document("sessions"))

    def evaluate(self, seconds: float = 900.0) -> dict[str, Any] | None:
        """What the document says afterwards; None where there is none."""
        self.lines.clear()
        invoke(self.evaluator, EVALUATE, FakeContext(seconds))
        if not (found := self.bucket.names("evaluation/sessions/drift.json")):
            return None
        document: dict[str, Any] = json.loads(self.bucket.body(found[0]))
        return document

    def metrics(self) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.lines) if "ColumnsDrifted" in line]


@pytest.fixture
def stand() -> Stand:
    return Stand()


def drifted(document: dict[str, Any]) -> dict[str, list[str]]:
    return {
        one["version"]: [name for name, drift in one["features"].items() if drift["reasons"]]
        + [f"score {place}" for place, drift in enumerate(one["scores"]) if drift["reasons"]]
        for one in document["versions"]
    }


def test_a_drifted_feature_is_named_and_no_other(stand):
    stand.write("a-0", ONE, counted(ONE, 150, 11, more_pages=15))
    stand.write("b-0", ONE, counted(ONE, 150, 12, more_pages=15), hour=3)
    document = stand.evaluate()
    assert document is not None
    assert drifted(document) == {"1": ["pages"]}
    (one,) = document["versions"]
    assert (one["rows"], one["columns_drifted"], one["serving"]) == (300, 1, True)
    assert (document["from"], document["to"]) == ("2026-11-20T17:00:00.000Z", "2026-11-21T17:00:00.000Z")
    assert one["last_hour"] == "2026-11-21T16:00:00.000Z"
    window = Window.read(ONE.manifest, Document.of(one["window"], "window"))
    assert window.drift().features["pages"].to_json() == one["features"]["pages"]


def test_rows_as_in_training_are_no_drift(stand):
    for name in range(5):
        stand.write(f"a-{name}", ONE, counted(ONE, 100, 20 + name), hour=name)
    document = stand.evaluate()
    assert document is not None
    assert drifted(document) == {"1": []}
    assert document["versions"][0]["rows"] == 500


def test_the_metrics_are_those_of_what_serves(stand):
    stand.write("a-0", ONE, counted(ONE, 200, 11, more_pages=15), hour=1)  # taken back since, because of that
    stand.write("a-1", TWO, counted(TWO, 200, 12), hour=4)
    document = stand.evaluate()
    assert document is not None
    assert drifted(document) == {"1": ["pages"], "2": []}
    assert [one["serving"] for one in document["versions"]] == [False, True]
    (line,) = stand.metrics()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["FunctionName"]]
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "ColumnsDrifted": "Count", "DriftRows": "Count", "WorstPsi": "None"
    }  # fmt: skip
    assert (line["FunctionName"], line["ModelVersion"]) == ("mill-evaluator", "2")
    assert (line["ColumnsDrifted"], line["DriftRows"], line["drifted"]) == (0, 200, [])
    assert line["WorstPsi"] == max(line["psi"].values()) < 0.2
    assert set(line["psi"]) == {"score 0", *artifacts.NAMES}


def test_what_drifted_is_counted_and_named_in_the_metrics(stand):
    stand.write("a-0", ONE, counted(ONE, 200, 11, more_pages=15))
    stand.evaluate()
    (line,) = stand.metrics()
    assert (line["ColumnsDrifted"], line["drifted"]) == (1, ["pages"])
    assert line["WorstPsi"] == line["psi"]["pages"] > 0.2


def test_of_few_rows_no_index_is_told(stand):
    stand.write("a-0", ONE, counted(ONE, 99, 11, more_pages=15))
    stand.evaluate()
    (line,) = stand.metrics()
    assert (line["ColumnsDrifted"], line["DriftRows"]) == (0, 99)
    assert "WorstPsi" not in line


def test_without_counts_nothing_is_written_or_told(stand):
    assert stand.evaluate() is None
    assert stand.metrics() == []


def test_hours_before_the_window_no_longer_count(stand):
    stand.write("a-0", ONE, counted(ONE, 200, 11, more_pages=15), hour=4 - 24)
    stand.write("a-1", ONE, counted(ONE, 200, 12), hour=4 - 23)
    document = stand.evaluate()
    assert document is not None
    assert (document["versions"][0]["rows"], drifted(document)) == (200, {"1": []})


def test_the_window_is_a_setting():
    stand = Stand(DRIFT_HOURS="2")
    for hour in (2, 3, 4):
        stand.write("a", ONE, counted(ONE, 100, hour), hour=hour)
    document = stand.evaluate()
    assert document is not None
    assert document["versions"][0]["rows"] == 200


def test_an_hour_is_merged_once_for_all_that_came_to_it(stand, monkeypatch):
    for name in range(7):  # more than one page of a listing
        stand.write(f"a-{name}", ONE, counted(ONE, 20, name), hour=2)
    before, read = stand.evaluate(), list[str]()
    get = stand.bucket.get_object

    def remembered(**arguments: Any) -> Any:
        read.append(arguments["Key"])
        return get(**arguments)

    monkeypatch.setattr(stand.bucket, "get_object", remembered, raising=False)
    assert stand.evaluate() == before
    assert "evaluation/sessions/drift/2026/11/21/14.json" in read
    assert not [key for key in read if "/14/1/" in key]
    stand.write("late", ONE, counted(ONE, 20, 99), hour=2)
    after = stand.evaluate()
    assert after is not None
    assert after["versions"][0]["rows"] == 160


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"schema_version": 1, "of": 7, "versions": {}}'])
def test_a_merged_hour_that_cannot_be_read_is_merged_again(stand, body):
    stand.write("a-0", ONE, counted(ONE, 200, 1))
    before = stand.evaluate()
    key = "evaluation/sessions/drift/2026/11/21/16.json"
    right = stand.bucket.body(key)
    stand.bucket.put_object(Bucket="evaluation", Key=key, Body=body)
    assert stand.evaluate() == before
    assert stand.bucket.body(key) == right


def test_what_cannot_be_read_is_left_out_and_told(stand, caplog):
    stand.write("a-0", ONE, counted(ONE, 200, 1))
    folder = "evaluation/sessions/drift/2026/11/21/16/1"
    other = replace(ONE, manifest=replace(ONE.manifest, created_at="2026-01-01T00:00:00.000Z"))
    unknown = replace(ONE, manifest=replace(ONE.manifest, version="gone"))
    bad = {"no-json": b"{", "another": b'{"schema_version": 2}', "no-counts": b'{"schema_version": 1, "version": "1"}'}
    for name, body in bad.items():
        stand.bucket.put_object(Bucket="evaluation", Key=f"{folder}/{name}.json", Body=body)
    stand.write("other", other, counted(other, 200, 2))
    stand.write("unknown", unknown, counted(unknown, 200, 3))
    document = stand.evaluate()
    assert document is not None
    assert [(one["version"], one["rows"]) for one in document["versions"]] == [("1", 200)]
    assert caplog.text.count("drift counts skipped") == len(bad) + 2


def test_where_time_runs_out_the_hours_that_were_merged_need_not_be_again(stand, caplog, monkeypatch):
    for hour in range(5):
        stand.write("a", ONE, counted(ONE, 100, hour), hour=hour)
    read = stand.evaluator.drift._store.read

    def slow(key: str) -> Any:
        stand.clock.now += 40 if "/1/" in key else 0  # what is merged is read quickly
        return read(key)

    monkeypatch.setattr(stand.evaluator.drift._store, "read", slow)
    context = FakeContext(300, stand.clock)  # 75 seconds are for drift
    invoke(stand.evaluator, EVALUATE, context)
    assert "drift not measured: expected 24 hours to be merged in time" in caplog.text
    assert not stand.bucket.names("evaluation/sessions/drift.json")
    invoke(stand.evaluator, EVALUATE, FakeContext(300, stand.clock))
    invoke(stand.evaluator, EVALUATE, FakeContext(300, stand.clock))
    assert stand.bucket.names("evaluation/sessions/drift.json")


PARTS = [
    ("a", ONE, counted(ONE, 30, 1), 1),
    ("b", ONE, counted(ONE, 30, 2, stride=32), 1),
    ("c", ONE, counted(ONE, 30, 3, stride=8), 2),
    ("d", TWO, counted(TWO, 30, 4), 2),
    ("e", TWO, counted(TWO, 30, 5, stride=2), 4),
]


@settings(max_examples=30)
@given(st.permutations(PARTS), st.sets(st.integers(0, len(PARTS) - 1)))
def test_in_whatever_order_counts_come_and_are_evaluated_the_document_is_the_same(order, evaluated_after):
    plain, other = Stand(), Stand()
    for part in PARTS:
        plain.write(*part)
    for place, part in enumerate(order):
        other.write(*part)
        if place in evaluated_after:
            other.evaluate()
    assert other.evaluate() == plain.evaluate() is not None
