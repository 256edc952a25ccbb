"""`--missing-value`: the model gets NaN where XGBoost, with its parameter `missing`, has no value."""

from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from millrace.errors import UserError
from millrace.model.import_model import Import, import_model
from millrace.model.import_summary import summary
from millrace.model.missing_values import MissingValues
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.manifest import Manifest
from tests.fakes import envelopes
from tests.fakes.scorer import FakeScorer

ROWS = 300
KNOWN = ("a", "b", "c")


def table(sentinel: float) -> pl.DataFrame:
    random = np.random.default_rng(1)
    value = random.normal(size=ROWS).round(3)
    return pl.DataFrame(
        {
            "value": np.where(random.random(ROWS) < 0.3, sentinel, value),
            "count": np.where(random.random(ROWS) < 0.3, sentinel, random.integers(0, 4, ROWS)).astype(np.int64),
            "flag": random.random(ROWS) < 0.5,
            "letter": random.choice(KNOWN, ROWS),
        }
    )


def matrix(frame: pl.DataFrame) -> np.ndarray:
    codes = frame["letter"].replace_strict(dict(zip(KNOWN, range(3), strict=True)), return_dtype=pl.Float64)
    columns = [frame["value"], frame["count"], frame["flag"], codes]
    return np.column_stack([column.cast(pl.Float64).to_numpy() for column in columns])


def truth(frame: pl.DataFrame) -> np.ndarray:
    rows = matrix(frame)
    return (rows[:, 0] + rows[:, 1] + rows[:, 2] - rows[:, 3] > 0).astype(float)


FEATURES = """name,type,categories
value,float,
count,int,
flag,bool,
letter,category,a|b|c
"""


def served(artifact: Artifact, frame: pl.DataFrame) -> list[float]:
    scorer = FakeScorer(artifact)
    for number, row in enumerate(frame.to_dicts()):
        scorer.run(envelopes.kinesis({"event_id": f"e-{number}", "features": row}))
    return [one["score"] for one in scorer.predictions]


@pytest.mark.parametrize("sentinel", [-999, 0, 1, -0.1])
def test_events_with_the_value_score_as_xgboost_does_with_its_parameter(tmp_path, sentinel):
    """0 and 1 are also false and true, and the codes of two categories."""
    frame = table(sentinel)
    data = xgb.DMatrix(matrix(frame), truth(frame), missing=sentinel)
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 4, "nthread": 1}, data, 8)
    booster.save_model(tmp_path / "model.ubj")
    (tmp_path / "features.csv").write_text(FEATURES)

    wanted = Import(
        "m", "1", features=tmp_path / "features.csv", sample=frame, labels=("n", "y"), missing_values=(str(sentinel),)
    )
    artifact = import_model(tmp_path / "model.ubj", wanted)
    few = frame.head(60)
    expected = booster.predict(xgb.DMatrix(matrix(few), missing=sentinel))
    np.testing.assert_array_equal(np.array(served(artifact, few), np.float32), expected)
    unstated = import_model(tmp_path / "model.ubj", Import("m", "1", features=tmp_path / "features.csv"))
    assert np.abs(served(unstated, few) - expected).max() > 0.1

    value, *_ = artifact.manifest.features
    assert value.missing_values == (sentinel,)
    gaps = artifact.manifest.baseline["features"]
    assert gaps[value.name]["missing"] == (frame["value"].cast(pl.Float32) == np.float32(sentinel)).sum()
    assert any(row.inputs[1] is None for row in artifact.manifest.golden_rows) or sentinel == -0.1
    assert Manifest.from_bytes(artifact.manifest.to_bytes()) == artifact.manifest


def test_the_summary_says_that_the_file_does_not_keep_it(tmp_path):
    frame = table(-999)
    xgb.train({"nthread": 1}, xgb.DMatrix(matrix(frame), truth(frame)), 1).save_model(tmp_path / "model.ubj")
    (tmp_path / "features.csv").write_text(FEATURES + "\n")
    wanted = Import("m", "1", features=tmp_path / "features.csv", missing_values=("value=-999", "letter=?"))
    lines = summary(import_model(tmp_path / "model.ubj", wanted))
    assert "0 value: float, may be missing, as is -999" in lines
    assert '3 letter: category (a, b, c), may be missing, as is "?"' in lines
    assert any(line.startswith("missing values: ") and "--missing-value" in line for line in lines)


def test_a_feature_file_may_list_them(tmp_path):
    frame = table(-999)
    xgb.train({"nthread": 1}, xgb.DMatrix(matrix(frame), truth(frame)), 1).save_model(tmp_path / "model.ubj")
    rows = ["name,type,categories,missing_values", "value,float,,-999|-1.5", "count,int,,", "flag,bool,,false"]
    (tmp_path / "features.csv").write_text("\n".join([*rows, "letter,category,a|b|c,?|n/a\n"]))
    features = import_model(
        tmp_path / "model.ubj", Import("m", "1", features=tmp_path / "features.csv")
    ).manifest.features
    assert [feature.missing_values for feature in features] == [(-999, -1.5), (), (False,), ("?", "n/a")]


def test_training_treats_the_values_as_missing():
    frame = table(-999).with_columns(
        letter=pl.when(pl.col("value") > 1).then(pl.lit("?")).otherwise("letter"), label=truth(table(-999)) > 0
    )
    data = labelled(frame, "label", missing_values=("-999", "letter=?"))
    value, count, flag, letter = data.features
    assert (value.type, count.type, flag.type, letter.categories) == ("float", "int", "bool", KNOWN)
    assert [feature.allow_missing for feature in data.features] == [True, True, False, True]
    assert (value.missing_values, letter.missing_values) == ((-999,), ("-999", "?"))
    assert np.isnan(data.matrix[:, 0]).sum() == (frame["value"] == -999).sum()
    assert np.isnan(data.matrix[:, 3]).sum() == (frame["letter"] == "?").sum() > 0
    artifact = train(data, Recipe("m", "1", rounds=5))
    assert any(row.inputs[0] is None for row in artifact.manifest.golden_rows)
    given_as_null = frame.with_columns(
        pl.col("value", "count").replace(-999, None), letter=pl.col("letter").replace("?", None)
    )
    few = frame.drop("label").head(40)
    assert served(artifact, few) == served(artifact, given_as_null.drop("label").head(40))


@pytest.mark.parametrize("share", [0.01, 0.9])
def test_golden_rows_have_one_where_the_data_does(share):
    random = np.random.default_rng(4)
    rows = 2_000
    frame = pl.DataFrame({"x": random.normal(size=rows), "y": random.normal(size=rows)}).with_columns(
        x=pl.when(pl.Series(random.random(rows) < share)).then(-1.0).otherwise("x"), label=random.random(rows) < 0.5
    )
    artifact = train(labelled(frame, "label", missing_values=("x=-1",)), Recipe("m", "1", rounds=2))
    assert any(row.inputs[0] is None for row in artifact.manifest.golden_rows)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["nothing=1"], "expected feature=value with one of value, count"),
        (["value=many"], "value=many: expected a value of type float"),
        (["value=1e39"], "value=1e39: expected a value of type float"),
        (["value=nan"], "value=nan: expected a value of type float"),
        (["flag=maybe"], "flag=maybe: expected a value of type bool"),
    ],
)
def test_a_value_that_a_feature_cannot_have_is_refused(texts: list[str], message: str) -> None:
    features: list[Any] = [Feature("value", "float"), Feature("count", "int"), Feature("flag", "bool")]
    with pytest.raises(UserError, match=message):
        MissingValues.parse(texts, [feature.name for feature in features]).apply(features)


def test_a_value_that_no_feature_can_have_is_refused() -> None:
    with pytest.raises(UserError, match="--missing-value none: expected a value that a feature can have"):
        MissingValues.parse(["none"], ["x"]).apply([Feature("x", "float")])


def test_a_feature_may_have_an_equals_sign_in_its_name() -> None:
    gaps = MissingValues.parse(["a=b=1", "a=2"], ["a", "a=b"])
    assert gaps.by_feature == {"a=b": ("1",), "a": ("2",)}
