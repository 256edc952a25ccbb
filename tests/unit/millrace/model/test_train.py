import numpy as np
import polars as pl
import pytest

from millrace.errors import UserError
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from model_store.event_format import EventFormat
from model_store.manifest import Manifest
from model_store.verify import verify
from tests.fakes import envelopes
from tests.fakes.scorer import FakeScorer
from training.golden import GOLDEN_ROWS

COLUMNS = ("pages", "spend", "returning", "device")


def table(kind="binary", rows=400):
    random = np.random.default_rng(3)
    pages = random.integers(1, 30, rows)
    label = {
        "binary": pages + random.normal(0, 3, rows) > 12,
        "multiclass": np.digitize(pages, [8, 18]),
        "regression": pages * 1.5,
    }[kind]
    frame = pl.DataFrame(
        {
            "pages": pages,
            "spend": [None if i % 7 == 0 else float(value) for i, value in enumerate(random.gamma(2, 9, rows))],
            "returning": random.random(rows) < 0.5,
            "device": random.choice(["desktop", "mobile"], rows),
            "y": label,
        }
    )
    return labelled(frame, "y")


@pytest.fixture(scope="module")
def trained():
    return train(table(), Recipe("sessions", "7", rounds=40, threshold=0.25))


def test_the_artifact_verifies_and_comes_back_whole(trained):
    assert verify(trained)
    assert Manifest.from_bytes(trained.manifest.to_bytes()) == trained.manifest


def test_the_manifest_says_what_was_trained(trained):
    manifest = trained.manifest
    assert (manifest.name, manifest.version, manifest.objective) == ("sessions", "7", "binary:logistic")
    assert tuple(feature.name for feature in manifest.features) == COLUMNS
    assert (manifest.task, manifest.output.labels) == ("binary", ("false", "true"))
    assert (manifest.output.threshold, manifest.output.width) == (0.25, 1)
    assert len(manifest.golden_rows) == GOLDEN_ROWS
    assert manifest.metrics.keys() == {"auc", "aucpr", "logloss", "error"}
    assert manifest.metrics["auc"] > 0.9
    assert manifest.baseline["rows"] == 400


@pytest.mark.parametrize(
    ("kind", "objective", "classes", "labels"),
    [("multiclass", "multi:softprob", 3, ("0", "1", "2")), ("regression", "reg:squarederror", 1, ())],
)
def test_the_label_decides_the_objective(kind, objective, classes, labels):
    artifact = train(table(kind), Recipe("m", "1", rounds=10))
    output = artifact.manifest.output
    assert (artifact.manifest.objective, artifact.manifest.task, output.width, output.labels) == (
        objective,
        kind,
        classes,
        labels,
    )
    assert output.threshold is None
    assert verify(artifact)


def test_the_same_table_and_seed_give_the_same_model():
    first, again = (train(table(), Recipe("m", "1", rounds=10)) for _ in range(2))
    other = train(table(), Recipe("m", "1", rounds=10, seed=8))
    assert first.model == again.model != other.model


def test_training_stops_when_the_held_out_rows_stop_getting_better():
    done = []
    train(table(), Recipe("m", "1", rounds=2_000, learning_rate=0.5, patience=5), lambda at, of: done.append((at, of)))
    assert [at for at, _ in done] == list(range(1, len(done) + 1))
    assert {of for _, of in done} == {2_000}
    assert len(done) < 1_000


def test_the_scorer_reads_events_as_the_recipe_says():
    artifact = train(table(), Recipe("m", "1", rounds=5, event=EventFormat("/id"), features_path=""))
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis({"id": "e-1", "pages": 3, "spend": None, "returning": True, "device": "mobile"}))
    assert [prediction["event_id"] for prediction in scorer.predictions] == ["e-1"]


@pytest.mark.parametrize("rows", [2, 4])
def test_a_table_too_small_to_hold_rows_out_is_refused(rows):
    frame = pl.DataFrame({"x": range(rows), "y": [i % 2 for i in range(rows)]})
    with pytest.raises(UserError, match=f"expected at least 5 rows with a label, got {rows}"):
        train(labelled(frame, "y"), Recipe("m", "1"))
