"""Boosted trees by the trainer's function: tables as they are, and versions that the native engine scores."""

import csv
import io
import tracemalloc
from typing import Any

import numpy as np
import pytest

from model_store.verify import verify
from tests.unit.trainer.test_training import made, trainer, written
from trainer import csv_file, tables
from trainer.container import MEMORY_PER_BYTE
from trainer.errors import TrainingRefused

COLUMNS = ["age", "member", "channel", "label"]
TABLE = "s3://data/t.csv"


def rows(count: int = 400, seed: int = 1) -> list[list[str]]:
    """An age with gaps, a boolean, a channel: and what follows from them."""
    pick = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        age, member = pick.integers(18, 80), pick.random() < 0.5
        channel = str(pick.choice(["ads", "mail", "web"]))
        gap = pick.random() < 0.1
        bought = channel == "mail" or (member and not gap and age > 40)
        found.append(["" if gap else str(age), str(member).lower(), channel, "yes" if bought else "no"])
    return found


def trees(body: list[list[str]] | None = None, **members: Any) -> Any:
    function, store = trainer(framework="xgboost", t__csv=written(COLUMNS, rows() if body is None else body))
    options = {"rounds": 60} | members.pop("options", {})
    response = function.train({"table": TABLE, "options": options, **members})
    return response, made(store, response)


def test_a_table_with_gaps_booleans_and_categories_becomes_trees() -> None:
    response, artifact = trees(version="7")
    manifest = artifact.manifest
    assert (response["learner"], response["rows"]) == ("trees", {"trained": 320, "held_out": 80})
    assert response["metrics"]["accuracy"] > 0.95
    assert response["metrics"]["auc"] > 0.97
    assert (manifest.framework.name, manifest.task, manifest.objective) == ("xgboost", "binary", "binary:logistic")
    assert [(one.name, one.type, one.allow_missing, one.categories) for one in manifest.features] == [
        ("age", "float", True, ()),
        ("member", "bool", False, ()),
        ("channel", "category", False, ("ads", "mail", "web")),
    ]
    assert manifest.output.labels == ("no", "yes")
    assert set(manifest.baseline["attributions"]) == {"age", "member", "channel"}
    assert manifest.baseline["attributions"]["channel"] > 0
    predictor = verify(artifact, compare=True)
    assert (predictor.engine, predictor.reason) == ("native", "")


def test_a_golden_row_has_a_gap() -> None:
    _, artifact = trees()
    assert any(row.inputs[0] is None for row in artifact.manifest.golden_rows)


def test_more_classes_and_numbers_are_learned_too() -> None:
    body = [[*row[:3], row[2]] for row in rows()]
    response, artifact = trees(body)
    assert (artifact.manifest.task, artifact.manifest.output.labels) == ("multiclass", ("ads", "mail", "web"))
    assert response["metrics"]["accuracy"] == 1.0
    numbers = [[*row[:3], str(int(row[0] or 0) + 20)] for row in rows(1_000)]
    response, artifact = trees(numbers, task="regression")
    assert artifact.manifest.task == "regression"
    assert response["metrics"]["r2"] > 0.95
    verify(artifact, compare=True)


def test_held_out_rows_do_not_decide_when_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    from training import boosting

    seen = []
    monkeypatch.setattr(
        boosting.Boosting, "train", lambda self, known, evaluated: seen.append((known, evaluated)) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        trees()
    with pytest.raises(ZeroDivisionError):
        trees(options={"patience": 0})
    (known, evaluated), (all_known, nothing) = seen
    assert known.num_row() + evaluated.num_row() == all_known.num_row() == 320
    assert 25 <= evaluated.num_row() <= 32
    assert nothing is None


def test_options_and_parameters_are_xgboosts() -> None:
    _, artifact = trees(options={"rounds": 3, "depth": 1, "patience": 0})
    assert len(artifact.model) < 8_000
    _, other = trees(options={"parameters": {"colsample_bytree": 0.5, "max_bin": 16}})
    assert other.manifest.digest() != trees()[1].manifest.digest()


def test_the_same_request_makes_the_same_bytes() -> None:
    request = {"version": "7", "created_at": "2026-11-28T12:00:00Z", "seed": 2**32 - 1}
    assert trees(**request)[0]["digest"] == trees(**request)[0]["digest"]


def column(values: list[str]) -> list[list[str]]:
    return [[values[i % len(values)], "true", "web", "yes" if i % 2 else "no"] for i in range(40)]


REFUSED: dict[str, tuple[list[list[str]] | None, dict[str, Any], str]] = {
    "almost numbers": (column(["1", "2", "NA"]), {}, "column 'age': expected numbers only, or texts only, got 'NA'"),
    "empty": (column([""]), {}, "column 'age': expected values, got empty fields only"),
    "infinite": (column(["1", "1e300"]), {}, "expected finite numbers"),
    "identifiers": ([[f"id{i}", "true", "web", "yes"] for i in range(1_001)], {}, "expected up to 1000 categories"),
    "another learner": (None, {"learner": "logistic"}, "request.learner: expected one of trees, got 'logistic'"),
    "unknown option": (None, {"options": {"epochs": 3}}, "options.epochs: the learner trees has no such option"),
    "no object": (None, {"options": {"parameters": 3}}, "options.parameters: expected an object, got 3"),
    "unknown parameter": (None, {"options": {"parameters": {"magic": 1}}}, 'XGBoost has no use for "magic"'),
    "stated elsewhere": (None, {"options": {"parameters": {"seed": 1}}}, "options.parameters seed: expected no value"),
    "rounds": (None, {"options": {"parameters": {"n_estimators": 1}}}, "options.rounds states it"),
    "wrong value": (None, {"options": {"parameters": {"max_leaves": -3}}}, "XGBoost cannot train with these"),
    "other task": (None, {"options": {"parameters": {"objective": "count:poisson"}}}, "the task is binary"),
    "no probability": (None, {"options": {"parameters": {"objective": "binary:logitraw"}}}, "got binary:logitraw"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_become_trees_is_refused_by_name(kind: str) -> None:
    body, members, message = REFUSED[kind]
    with pytest.raises(TrainingRefused) as caught:
        trees(body, **members)
    assert message in str(caught.value)


def test_arrays_may_have_gaps() -> None:
    pick = np.random.default_rng(3)
    x = pick.normal(size=(200, 2)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    x[::7, 1] = np.nan
    file = io.BytesIO()
    np.savez_compressed(file, x=x, label=y)
    function, store = trainer(framework="xgboost", t__npz=file.getvalue())
    artifact = made(store, function.train({"table": "s3://data/t.npz"}))
    assert [one.allow_missing for one in artifact.manifest.features] == [False, True]


def test_events_are_scored_as_the_rows_they_were_learned_from() -> None:
    """The codes of categories and booleans are those of the scorer."""
    from scoring.validate import Validator

    _, artifact = trees()
    predictor, validator = verify(artifact), Validator(artifact.manifest)
    read = {"true": True, "false": False}
    right = 0
    for age, member, channel, label in csv.reader(io.StringIO("\n".join(",".join(row) for row in rows(200, seed=9)))):
        features = {"age": float(age) if age else None, "member": read[member], "channel": channel}
        row = validator.row({"event_id": "e", "features": features})
        score = predictor.predict(np.array(row.features, np.float32).tobytes(), 1)[0]
        right += (score >= 0.5) == (label == "yes")
    assert right > 190


def test_a_long_table_is_read_in_parts_and_its_kinds_are_of_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap, a text and a category may come late."""
    monkeypatch.setattr(csv_file, "ROWS", 7)
    body = [[str(i), str(i % 3), "true", "yes"] for i in range(30)]
    body[29] = ["NaN", "z", "False", ""]
    body[28][1], body[27][1], body[26][2] = "x", "y", ""
    found = tables.read(written(["a", "b", "c", "d"], [[*row[:3], "no"] for row in body]), "t.csv", "d", mixed=True)
    assert [(one.type, one.allow_missing, one.categories) for one in found.features] == [
        ("float", True, ()), ("category", False, ("0", "1", "2", "x", "y", "z")), ("bool", True, ())
    ]  # fmt: skip
    assert np.array_equal(found.values[:, 0], [*range(29), np.nan], equal_nan=True)
    assert found.values[26:, 1].tolist() == [2, 4, 3, 5]
    assert np.array_equal(found.values[25:, 2], [1, np.nan, 1, 1, 0], equal_nan=True)
    assert found.labels.tolist() == ["no"] * 30


def test_a_table_takes_the_memory_that_is_reckoned_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields are texts for a part of the rows only."""
    monkeypatch.setattr(csv_file, "ROWS", 500)
    raw = written(COLUMNS, [[f"{i / 7:.6f}", "true", "web", "yes"] for i in range(20_000)])
    tracemalloc.start()
    found = tables.read(raw, "t.csv", "label", mixed=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.rows == 20_000
    assert peak < MEMORY_PER_BYTE * len(raw) / 2
