"""docs/pipelines.md: a scikit-learn pipeline becomes an artifact that scores raw events as the pipeline does."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from model_store.artifact import Artifact
from stream_producers.replay import replay
from stream_producers.tables import read_table
from tests.fakes import envelopes
from tests.fakes.commands import run
from tests.fakes.scorer import FakeScorer

ROWS = 120


@pytest.fixture
def table(tmp_path: Path) -> Path:
    random = np.random.default_rng(2)
    frame = pl.DataFrame(
        {
            "plan": random.choice(["basic", "free", "pro"], ROWS),
            "age": [None if i % 9 == 0 else float(i % 50) for i in range(ROWS)],
            "calls": random.integers(0, 20, ROWS),
            "churned": random.integers(0, 2, ROWS),
        }
    )
    frame.write_csv(tmp_path / "train.csv")
    return tmp_path / "train.csv"


def fitted(table: Path) -> tuple[Any, np.ndarray]:
    """The pipeline of the recipe, and what it predicts for the table's rows."""
    frame = read_table(table)
    columns = ["plan", "age", "calls"]
    rows = np.array([tuple(row) for row in frame.select(columns).rows()], dtype=object)
    encode = ColumnTransformer([("plan", OrdinalEncoder(), [0])], remainder="passthrough")
    pipeline = Pipeline([("encode", encode), ("model", xgb.XGBClassifier(n_estimators=8, max_depth=3, n_jobs=1))])
    pipeline.fit(rows, frame["churned"].to_numpy())
    pipeline[-1].save_model(table.parent / "model.ubj")
    return pipeline, pipeline.predict_proba(rows)[:, 1]


@pytest.mark.filterwarnings("ignore")
def test_the_recipe_scores_raw_events_as_the_pipeline_does(table: Path, tmp_path: Path) -> None:
    _, expected = fitted(table)
    features, model = tmp_path / "features.csv", tmp_path / "model.ubj"
    assert run("model", "features-template", "--table", table, "--label", "churned", "--out", features)[0] == 0
    code, _, err = run(
        "model", "import", model, "--name", "sessions", "--version", "1", "--features", features, "--sample", table,
        "--label", "churned", "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert (code, err) == (0, "")

    scorer = FakeScorer(Artifact.read(tmp_path / "artifact"))
    events = [event.data for event in replay(read_table(table), leave_out=["churned"])]
    assert json.loads(events[0])["features"]["plan"] in ("basic", "free", "pro")
    scorer.run(envelopes.kinesis(*events))

    assert scorer.quarantined == []
    np.testing.assert_allclose([one["score"] for one in scorer.predictions], expected, rtol=1e-6)


def test_the_template_of_a_table(table: Path) -> None:
    assert run("model", "features-template", "--table", table, "--label", "churned")[1] == (
        "name,type,path,allow_missing,categories,unknown_category\n"
        "plan,category,/features/plan,false,basic|free|pro,refuse\n"
        "age,float,/features/age,true,,\n"
        "calls,int,/features/calls,false,,\n"
    )


@pytest.mark.filterwarnings("ignore")
def test_the_template_of_a_model(table: Path, tmp_path: Path) -> None:
    fitted(table)
    out = run("model", "features-template", "--model", tmp_path / "model.ubj")[1]
    assert out.splitlines()[1:] == [f"f{i},float,/features/f{i},true,," for i in range(3)]


def test_a_template_of_nothing() -> None:
    code, _, err = run("model", "features-template")
    assert (code, err) == (1, "error: expected a model file (--model) or a table (--table)\n")
