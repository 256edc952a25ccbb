"""From objects in S3 to what an hour came to, and to metrics."""

import json
from array import array
from copy import replace
from typing import Any

import numpy as np
import pytest

from evaluation.quality import quality_of
from evaluator.container import Evaluator
from evaluator.handler import invoke
from model_store.artifact import Artifact
from model_store.calibrator import Calibrator
from outcomes import evaluate, join, tally
from outcomes.hours import SECONDS
from tests.fakes import artifacts
from tests.fakes.clock import FakeClock, FakeContext
from tests.fakes.evaluation import (
    NOON,
    OUTCOMES_ARN,
    PREDICTIONS_ARN,
    EvaluationBucket,
    batch,
    evaluator,
    prediction,
)

EVALUATE: dict[str, Any] = {"evaluate": {}}
# Five minutes before one: the hour from noon is under way.
NOW = NOON + 55 * 60


class Stand:
    """An evaluator on a bucket with the models 1 (binary), 2 (another), m (many classes), r (a number), k (ranks)."""

    def __init__(self, **changes: str) -> None:
        self.bucket, self.clock, self.written = EvaluationBucket(), FakeClock(NOW), list[str]()
        for artifact in MODELS:
            self.bucket.publish(artifact)
        self.evaluator: Evaluator = evaluator(self.bucket, self.clock, self.written, **changes)
        self.sequence = 1

    def predict(self, *documents: dict[str, Any]) -> None:
        self._collect(PREDICTIONS_ARN, documents, self.clock.now)

    def happen(self, outcomes: dict[str, Any], at: float = NOW) -> None:
        documents = [{"prediction_id": key, "outcome": value} for key, value in outcomes.items()]
        self._collect(OUTCOMES_ARN, documents, at)

    def reads(self) -> int:
        """Collected objects that were read since the last call."""
        found = [key for key in self.bucket.got if key.startswith(("evaluation/predictions/", "evaluation/outcomes/"))]
        self.bucket.got.clear()
        return len(found)

    def evaluate(self, seconds: float = 900.0) -> dict[str, Any]:
        return invoke(self.evaluator, EVALUATE, FakeContext(seconds))

    def groups(self, key: str = "2026/11/21/12.json") -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = self.bucket.hours()[key]["groups"]
        return groups

    def metrics(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written]

    def _collect(self, arn: str, documents: Any, at: float) -> None:
        response = invoke(self.evaluator, batch(arn, documents, first=self.sequence, at=at), FakeContext())
        assert response == {"batchItemFailures": []}
        self.sequence += len(documents)


def model(kind: str, version: str) -> Artifact:
    return artifacts.artifact(kind, version=version)


MODELS = (model("binary", "1"), model("binary", "2"), model("multiclass", "m"), model("regression", "r"),
          model("ranking", "k"))  # fmt: skip


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_an_hour_is_what_its_rows_come_to(stand):
    scores = array("f", [0.9, 0.2, 0.6, 0.4])
    stand.predict(*(prediction(f"p{i}", score) for i, score in enumerate(scores)))
    stand.happen({"p0": "yes", "p1": "no", "p2": 0})
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}
    expected = quality_of(MODELS[0].manifest)
    expected.add_all(np.array(scores[:3], np.float64), np.array([1.0, 0.0, 0.0]))
    assert stand.groups() == [
        {
            "version": "1",
            "variant": "champion",
            "coverage": {"predictions": 4, "outcomes": 3},
            "refused": 0,
            "quality": expected.to_json(),
            "note": "",
            "expected": None,
        }
    ]


def test_the_document_reads_back(stand):
    stand.predict(prediction("a"), prediction("b", version="2", variant="challenger"))
    stand.happen({"a": "yes"})
    stand.evaluate()
    raw = stand.bucket.body("evaluation/sessions/hours/2026/11/21/12.json")
    groups = tally.read(raw, "hour")
    assert tally.document("sessions", int(NOON // SECONDS), groups) == raw
    groups[0].merge(groups[0])
    assert (groups[0].coverage.predictions, groups[0].quality.n) == (2, 2)
    with pytest.raises(Exception, match=r"hour\.schema_version: expected 1, got 2"):
        tally.read(raw.replace(b'"schema_version": 1', b'"schema_version": 2'), "hour")


def test_versions_and_variants_are_apart(stand):
    stand.predict(
        prediction("a"),
        prediction("b", variant="challenger", version="2"),
        prediction("b2", variant="champion", version="2"),
        prediction("a", variant="shadow", version="2"),
    )
    stand.evaluate()
    found = [(group["version"], group["variant"], group["coverage"]["predictions"]) for group in stand.groups()]
    assert found == [("1", "champion", 1), ("2", "challenger", 1), ("2", "champion", 1), ("2", "shadow", 1)]


@pytest.mark.parametrize(
    ("version", "score", "outcomes", "n", "refused"),
    [
        ("1", 0.5, {"a": "yes", "b": 1, "c": 0.0, "d": "maybe", "e": 2, "f": 0.5}, 3, 3),
        ("m", [0.2, 0.5, 0.3], {"a": "none", "b": 2, "c": 3, "d": "many"}, 3, 1),
        ("m", 0.5, {"a": "none"}, 0, 1),
        ("r", 12.5, {"a": 3, "b": -2.5, "c": "3"}, 2, 1),
        ("1", [0.5, 0.5], {"a": "yes"}, 0, 1),
    ],
    ids=str,
)
def test_an_outcome_that_the_model_does_not_know_is_counted_and_in_no_metric(
    stand, version, score, outcomes, n, refused
):
    stand.predict(*(prediction(key, score, version=version) for key in outcomes))
    stand.happen(outcomes)
    stand.evaluate()
    raw = stand.bucket.body("evaluation/sessions/hours/2026/11/21/12.json")
    (group,) = tally.read(raw, "hour")
    assert (group.quality.n, group.refused, group.coverage.outcomes) == (n, refused, len(outcomes))


@pytest.mark.parametrize(
    ("version", "note"), [("9", "expected a valid manifest of version 9"), ("k", "model for ranking")]
)
def test_a_version_without_metrics_has_coverage_and_a_note(stand, version, note):
    stand.predict(prediction("a", version=version), prediction("b", version=version))
    stand.happen({"a": "yes"})
    stand.evaluate()
    (group,) = stand.groups()
    assert (group["quality"], group["coverage"]) == (None, {"predictions": 2, "outcomes": 1})
    assert note in group["note"]


def test_a_late_outcome_changes_its_own_hour(stand):
    stand.predict(prediction("a"))
    stand.evaluate()
    stand.clock.now = NOON + 24.9 * SECONDS
    stand.happen({"a": "yes"}, at=stand.clock.now)
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}
    assert stand.groups()[0]["coverage"] == {"predictions": 1, "outcomes": 1}


def test_an_hour_beyond_the_look_back_stays_as_it_is(stand):
    stand.predict(prediction("a"))
    stand.evaluate()
    stand.clock.now = NOON + 25 * SECONDS
    stand.happen({"a": "yes"}, at=stand.clock.now)
    assert stand.evaluate() == {"hours": 0, "changed": 0, "left": 0}
    assert stand.groups()[0]["coverage"]["outcomes"] == 0


def test_what_did_not_change_is_neither_written_nor_told(stand):
    stand.predict(prediction("a"))
    stand.evaluate()
    told = len(stand.written)
    stand.predict(prediction("a"))  # the same once more, at another position
    assert stand.evaluate() == {"hours": 1, "changed": 0, "left": 0}
    assert len(stand.bucket.versions["evaluation/sessions/hours/2026/11/21/12.json"]) == 1
    assert len(stand.written) == told + 1, "only that the evaluation was done"


def test_an_evaluation_reads_only_what_is_new(stand):
    """And the result is that of reading everything."""
    stand.predict(prediction("a"), prediction("b"))
    stand.happen({"a": "yes"})
    stand.evaluate()
    assert stand.reads() > 0
    assert stand.evaluate() == {"hours": 1, "changed": 0, "left": 0}
    assert stand.reads() == 0
    stand.happen({"b": "no"}, at=NOW + 2 * SECONDS)
    stand.clock.now = NOW + 2 * SECONDS
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}
    assert stand.reads() == 1, "the new outcomes, and no batch that was read before"
    stand.predict(prediction("c"))
    assert stand.evaluate()["changed"] == 1
    document = stand.groups()
    for key in stand.bucket.names("evaluation/sessions/joined/"):
        del stand.bucket.versions[key]
    assert stand.evaluate() == {"hours": 1, "changed": 0, "left": 0}
    assert stand.groups() == document
    assert document[0]["coverage"] == {"predictions": 3, "outcomes": 2}


def test_outcomes_of_other_hours_change_nothing(stand):
    """Of an hour to which none of the new outcomes belongs, neither the kept outcomes nor the result are read."""
    stand.predict(prediction("old", arrived_at=NOON - 1), prediction("new"))
    stand.happen({"old": "yes"}, at=NOON - 1)
    stand.evaluate()
    stand.reads()
    stand.happen({"new": "no"})
    assert stand.evaluate() == {"hours": 2, "changed": 1, "left": 0}
    assert not [key for key in stand.bucket.got if "2026/11/21/11" in key and "/outcomes-" in key]
    assert "evaluation/sessions/hours/2026/11/21/11.json" not in stand.bucket.got
    assert stand.groups("2026/11/21/11.json")[0]["coverage"] == {"predictions": 1, "outcomes": 1}


def test_an_evaluation_that_was_cut_off_before_the_result_is_made_up_for(stand, monkeypatch):
    stand.predict(prediction("a"))
    stand.happen({"a": "yes"})
    with monkeypatch.context() as broken:
        broken.setattr(stand.evaluator.evaluation._store, "put_hour", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stand.evaluate()
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}
    assert stand.groups()[0]["coverage"] == {"predictions": 1, "outcomes": 1}


def test_how_much_is_read_at_a_time_makes_no_difference(stand, monkeypatch):
    whole = Stand()
    for one in (stand, whole):
        one.predict(*(prediction(f"p{i}", i / 100, arrived_at=NOON - 600 + i * 20) for i in range(100)))
        one.happen({f"p{i}": "yes" if i % 3 else "no" for i in range(0, 100, 2)})
    whole.evaluate()
    monkeypatch.setattr(evaluate, "MOST_OBJECTS", 1)
    monkeypatch.setattr(evaluate, "MOST_OUTCOMES", 1)
    monkeypatch.setattr(join, "MOST_NUMBERS", 7)
    assert stand.evaluate() == {"hours": 2, "changed": 2, "left": 0}
    assert stand.bucket.hours() == whole.bucket.hours()
    assert len(stand.bucket.hours()) == 2


def test_what_time_does_not_allow_is_told_and_done_by_the_next_run(stand):
    stand.predict(prediction("a"), prediction("b", arrived_at=NOON - 1))
    assert stand.evaluate(seconds=19.0) == {"hours": 2, "changed": 0, "left": 2}
    assert (stand.metrics()[-1]["EvaluationsDone"], stand.metrics()[-1]["HoursNotEvaluated"]) == (0, 2)
    assert stand.evaluate() == {"hours": 2, "changed": 2, "left": 0}
    assert (stand.metrics()[-1]["EvaluationsDone"], stand.metrics()[-1]["HoursNotEvaluated"]) == (1, 0)


def test_an_object_that_expired_after_the_listing_is_empty(stand):
    stand.predict(prediction("a"))
    got = stand.bucket.get_object
    (key,) = stand.bucket.names("evaluation/predictions/")

    def get(**arguments: Any) -> Any:
        stand.bucket.versions.pop(key, None)
        return got(**arguments)

    stand.bucket.get_object = get
    assert stand.evaluate()["left"] == 0
    assert stand.groups() == []


def test_metrics_of_an_hour_by_variant(stand):
    stand.predict(*(prediction(f"p{i}", 0.75 if i % 2 else 0.25) for i in range(40)))
    stand.happen({f"p{i}": i % 2 for i in range(30)})
    stand.evaluate()
    hour, done = stand.metrics()
    (directive,) = hour["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Millrace", [["FunctionName", "Variant"]])
    assert hour["_aws"]["Timestamp"] == int(NOON * 1000)
    assert (hour["FunctionName"], hour["Variant"], hour["ModelVersion"]) == ("mill-evaluator", "champion", "1")
    assert {metric["Name"] for metric in directive["Metrics"]} == {
        "EvaluatedPredictions", "Outcomes", "OutcomesRefused", "Coverage", "Accuracy", "Precision", "Recall", "F1",
        "RocAuc", "LogLoss", "CalibrationError",
    }  # fmt: skip
    assert (hour["EvaluatedPredictions"], hour["Outcomes"], hour["Coverage"], hour["Accuracy"]) == (40, 30, 0.75, 1.0)
    assert done["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["FunctionName"]]


def test_a_calibrated_model_has_an_expected_quality_without_outcomes(stand):
    plain = MODELS[0].manifest
    output = replace(plain.output, calibration=Calibrator("platt", (0.0, 1.0), (0.0, 1.0)))
    stand.bucket.publish(replace(MODELS[0], manifest=replace(plain, version="c", output=output)))
    stand.predict(*(prediction(f"p{i}", 0.75 if i % 2 else 0.25, version="c") for i in range(40)))
    stand.evaluate()
    hour = stand.metrics()[0]
    assert (hour["ExpectedAccuracy"], hour["ExpectedPrecision"], hour["ExpectedRecall"]) == (0.75, 0.75, 0.75)
    assert {"ExpectedF1", "ExpectedRocAuc"} <= hour.keys()
    assert "Accuracy" not in hour
    (group,) = tally.read(stand.bucket.body("evaluation/sessions/hours/2026/11/21/12.json"), "hour")
    accuracy = group.expected.estimates()["accuracy"]
    assert accuracy.low < accuracy.value == 0.75 < accuracy.high
    group.merge(group)
    assert group.expected.n == 80


def test_metrics_of_few_outcomes_are_left_out(stand):
    stand.predict(prediction("a"))
    stand.happen({"a": "yes"})
    stand.evaluate()
    assert "Accuracy" not in stand.metrics()[0]
    assert stand.metrics()[0]["Coverage"] == 1.0


def test_regression_has_its_own_metrics(stand):
    stand.predict(*(prediction(f"p{i}", float(i), version="r") for i in range(40)))
    stand.happen({f"p{i}": i + 0.5 for i in range(40)})
    stand.evaluate()
    hour = stand.metrics()[0]
    assert (hour["MeanAbsoluteError"], hour["RootMeanSquaredError"]) == (0.5, 0.5)
    assert hour["R2"] == pytest.approx(1 - 0.25 * 40 / 5330)


def test_quarantined_outcomes_are_told_at_once(stand):
    stand._collect(OUTCOMES_ARN, [b"{"], NOW)
    (line,) = stand.metrics()
    assert line["OutcomesQuarantined"] == 1


def test_a_store_that_fails_ends_the_evaluation_aloud(stand):
    stand.predict(prediction("a"))

    def fail(**_: Any) -> Any:
        raise ZeroDivisionError

    stand.bucket.list_objects_v2 = fail
    with pytest.raises(ZeroDivisionError):
        stand.evaluate()
    assert stand.written == []


def damage(stand: Stand, prefix: str, how: str) -> None:
    """Every object below a prefix, as a disk, a broken upload or another program may leave it."""
    for key in stand.bucket.names(prefix):
        version, body = stand.bucket.versions[key][0]
        middle = len(body) - 80
        footer = body[:middle] + b"\xff" * 40 + body[middle + 40 :]
        damaged = {"empty": b"", "text": b"no file", "short": body[:-9], "footer": footer}
        stand.bucket.versions[key][0] = (version, damaged[how])


HOW = pytest.mark.parametrize("how", ["empty", "text", "short", "footer"])


@HOW
def test_of_what_is_collected_a_damaged_file_is_left_out_and_named(stand, how, caplog):
    stand.predict(prediction("a"), prediction("b"))
    stand.happen({"a": "yes", "b": "no"})
    damage(stand, "evaluation/", how)
    stand.predict(prediction("c"))
    stand.happen({"c": "yes"})
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}
    assert stand.groups()[0]["coverage"] == {"predictions": 1, "outcomes": 1}
    named = [one.getMessage().split("/")[1] for one in caplog.records if one.levelname == "WARNING"]
    assert named == ([] if how == "empty" else ["predictions", "outcomes"])


@HOW
@pytest.mark.parametrize("name", ["predictions-", "outcomes-", ""])
def test_what_an_evaluation_kept_is_made_again_where_it_is_damaged(stand, how, name):
    stand.predict(prediction("a"), prediction("b"))
    stand.happen({"a": "yes"})
    stand.evaluate()
    (folder,) = {key.rpartition("/")[0] for key in stand.bucket.names("evaluation/sessions/joined/")}
    damage(stand, f"{folder}/{name}", how)
    stand.happen({"b": "no"}, at=NOW + SECONDS)
    stand.clock.now = NOW + SECONDS
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}
    assert stand.groups()[0]["coverage"] == {"predictions": 2, "outcomes": 2}


def test_a_full_memory_is_no_damaged_file(stand, monkeypatch):
    import duckdb

    def full(*_: Any, **__: Any) -> Any:
        raise duckdb.OutOfMemoryException("could not allocate")

    stand.predict(prediction("a"))
    monkeypatch.setattr(type(stand.evaluator.evaluation._tables), "_load", full)
    with pytest.raises(duckdb.OutOfMemoryException):
        stand.evaluate()
    assert stand.bucket.hours() == {}


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "a.2.jsonl.gz", "a.parquet", "a.x.parquet", ".3.parquet", "a.b.3.parquet", "d/a.3.parquet"],
)
def test_objects_of_other_programs_are_ignored(stand, name):
    stand.predict(prediction("a"))
    for folder in ("predictions", "outcomes", "sessions/joined", "sessions/hours"):
        stand.bucket.put_object(Bucket="evaluation", Key=f"evaluation/{folder}/2026/11/21/12/{name}", Body=b"x")
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}


@pytest.mark.parametrize("first", [True, False], ids=["no result before", "a result before"])
def test_a_slower_evaluation_of_fewer_inputs_replaces_no_newer_result(stand, monkeypatch, first):
    """It listed its inputs before the last outcome arrived, and writes after the faster one."""
    stand.predict(prediction("a"), prediction("b"))
    if first:
        stand.evaluate()
    stand.happen({"a": "yes"})
    store, slower = stand.evaluator.evaluation._store, []
    put, faster = store.put_hour, evaluator(stand.bucket, stand.clock)

    def waits(*arguments: Any) -> bool:
        slower.append(arguments)
        stand.happen({"b": "no"})
        assert invoke(faster, EVALUATE, FakeContext())["changed"] == 1
        return put(*arguments)

    with monkeypatch.context() as slow:
        slow.setattr(store, "put_hour", waits)
        assert stand.evaluate() == {"hours": 1, "changed": 0, "left": 0}
    assert len(slower) == 1
    assert stand.groups()[0]["coverage"] == {"predictions": 2, "outcomes": 2}
    stand.happen({"a": "no"}, at=NOW + 1)  # a correction
    assert stand.evaluate()["changed"] == 1


def test_of_two_evaluations_that_cross_the_next_one_has_the_last_word(stand, monkeypatch):
    """The one of fewer inputs writes while that of more computes, which then writes nothing; the next run does."""
    stand.predict(prediction("a"), prediction("b"))
    stand.happen({"a": "yes"})
    store, other = stand.evaluator.evaluation._store, evaluator(stand.bucket, stand.clock)
    put, listed = store.put_hour, {}
    for what in ("predictions", "outcomes"):
        listed[what] = {
            hour: store.list(what, hour) for hour in range(int(NOON // SECONDS) - 30, int(NOON // SECONDS) + 3)
        }
    stand.happen({"b": "no"})

    def crosses(*arguments: Any) -> bool:
        with monkeypatch.context() as old:
            old.setattr(other.evaluation._store, "list", lambda what, hour: listed[what][hour])
            assert invoke(other, EVALUATE, FakeContext())["changed"] == 1
        return put(*arguments)

    with monkeypatch.context() as slow:
        slow.setattr(store, "put_hour", crosses)
        assert stand.evaluate()["changed"] == 0
    assert stand.groups()[0]["coverage"]["outcomes"] == 1
    assert stand.evaluate()["changed"] == 1
    assert stand.groups()[0]["coverage"]["outcomes"] == 2


def test_a_batch_of_every_hour_of_the_look_back_is_evaluated_in_all_of_them(stand):
    """After an outage: the events of a day in one batch, with late outcomes of one moment, which are corrected."""
    stand.clock.now = NOON + 23.9 * SECONDS
    stand.predict(*(prediction(f"p{i}", arrived_at=NOON + i * SECONDS / 10) for i in range(240)))
    stand.happen({f"p{i}": "yes" for i in range(240)}, at=stand.clock.now)
    assert stand.evaluate() == {"hours": 24, "changed": 24, "left": 0}
    stand.happen({f"p{i}": "no" for i in range(0, 240, 10)}, at=stand.clock.now + 1)
    assert stand.evaluate() == {"hours": 24, "changed": 24, "left": 0}
    coverages = [document["groups"][0]["coverage"] for document in stand.bucket.hours().values()]
    assert coverages == 24 * [{"predictions": 10, "outcomes": 10}]


def test_what_was_kept_and_is_gone_when_it_is_read_is_made_again(stand):
    """`millrace forget` removes such files: of none of them does an hour become empty."""
    stand.predict(prediction("a"), prediction("b"))
    stand.happen({"a": "yes"})
    stand.evaluate()
    stand.happen({"b": "no"}, at=NOW + SECONDS)
    stand.clock.now = NOW + SECONDS
    got = stand.bucket.get_object

    def get(**arguments: Any) -> Any:
        for key in stand.bucket.names("evaluation/sessions/joined/"):
            if "predictions-" in key or "outcomes-" in key:
                stand.bucket.versions.pop(key)
        stand.bucket.get_object = got
        return got(**arguments)

    stand.bucket.get_object = get
    assert stand.evaluate() == {"hours": 1, "changed": 1, "left": 0}
    assert stand.groups()[0]["coverage"] == {"predictions": 2, "outcomes": 2}
