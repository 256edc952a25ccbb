"""Model files that were read wrongly once, in tests/models/cases: each by the command line, with its right result."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from model_store.artifact import Artifact
from model_store.verify import verify
from tests.fakes import commands, envelopes
from tests.fakes.scorer import FakeScorer
from tests.unit.native import forests

CASES = Path(__file__).parents[3] / "models" / "cases"


def imported(tmp_path: Path, file: str, *options: object) -> tuple[Artifact, str]:
    """The artifact, and what the command printed."""
    folder = tmp_path / "artifact"
    code, out, err = commands.run("model", "import", CASES / file, "--name", "m", "--out", folder, *options)
    assert code == 0, err
    return Artifact.read(folder), out


def refused(*arguments: object) -> str:
    """The one line in which the command refuses."""
    code, _, err = commands.run("model", "import", *arguments, "--name", "m")
    assert (code, len(err.splitlines())) == (1, 1), err
    return err


def features(tmp_path: Path, *names: str) -> Path:
    """A list of features of the type float."""
    (tmp_path / "features.csv").write_text("name,type\n" + "".join(f"{name},float\n" for name in names))
    return tmp_path / "features.csv"


def names_of(file: str) -> tuple[str, ...]:
    booster = xgb.Booster(model_file=CASES / file)
    return tuple(booster.feature_names or (f"f{number}" for number in range(booster.num_features())))


def scores(artifact: Artifact, matrix: np.ndarray) -> np.ndarray:
    return np.array(verify(artifact, compare=True).predict(matrix.tobytes(), len(matrix)), np.float32)


@pytest.mark.usefixtures("each_engine")
def test_categories_that_are_integers_are_scored_as_xgboost_scores_them(tmp_path: Path) -> None:
    artifact, _ = imported(tmp_path, "int-category-m.ubj", "--sample", CASES / "int-category-s.csv", "--label", "churn")
    events = [json.loads(line) for line in (CASES / "int-category-events.jsonl").read_text().splitlines()]
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(*events))
    assert scorer.quarantined == []
    kept = {feature.name: feature.categories for feature in artifact.manifest.features}

    def value(name: str, found: object) -> float:
        return np.nan if found is None else kept[name].index(str(found)) if kept[name] else float(found)  # type: ignore[arg-type]

    rows = np.array([[value(name, one["features"][name]) for name in kept] for one in events], np.float32)
    expected = xgb.Booster(model_file=CASES / "int-category-m.ubj").inplace_predict(rows)
    np.testing.assert_array_equal(np.array([one["score"] for one in scorer.predictions], np.float32), expected)


@pytest.mark.usefixtures("each_engine")
def test_a_sentinel_for_missing_values_is_stated(tmp_path: Path) -> None:
    folder = "missing-sentinel"
    _, said = imported(tmp_path, f"{folder}/model.ubj", "--features", CASES / folder / "features.json")
    assert "the file does not keep the model's `missing` parameter, which --missing-value states" in said
    options = ("--features", CASES / folder / "features.json", "--missing-value", "-999")
    artifact, _ = imported(tmp_path, f"{folder}/model.ubj", *options)
    rows = [json.loads(line) for line in (CASES / folder / "rows.jsonl").read_text().splitlines()]
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(*({"event_id": f"e-{n}", "features": row} for n, row in enumerate(rows))))
    found = np.array([one["score"] for one in scorer.predictions], np.float32)
    np.testing.assert_allclose(found, _expected(folder), rtol=1e-6)


def _expected(folder: str) -> np.ndarray:
    written = json.loads((CASES / folder / "expected.json").read_text())
    return np.array(written["predictions"] if isinstance(written, dict) else written, np.float32).ravel()


@pytest.mark.parametrize("file", ["tinybs.ubj", "basescore-1e-7.ubj"])
@pytest.mark.usefixtures("each_engine")
def test_base_scores_near_0_are_clamped_as_xgboost_clamps_them(tmp_path: Path, file: str) -> None:
    artifact, _ = imported(tmp_path, file, "--features", features(tmp_path, *names_of(file)))
    matrix = forests.rows_for((CASES / file).read_bytes(), 1_000)
    expected = xgb.Booster(model_file=CASES / file).inplace_predict(matrix)
    np.testing.assert_allclose(scores(artifact, matrix), expected, rtol=1e-6, atol=0)


def test_after_training_that_was_continued_all_rounds_count_unless_best_is_chosen(tmp_path: Path) -> None:
    file = "cont-3.4.1.ubj"
    matrix = np.random.RandomState(3).randn(400, 3).astype(np.float32)
    expected = np.load(CASES / "cont-3.4.1.npy")
    names = names_of(file)
    pl.DataFrame(matrix, schema=names).write_csv(tmp_path / "sample.csv")
    artifact, said = imported(tmp_path, file, "--sample", tmp_path / "sample.csv")
    np.testing.assert_allclose(scores(artifact, matrix), expected, rtol=1e-6)
    assert "with --rounds best, 4 would: " in said
    assert "25 another label" in said
    best, said = imported(tmp_path, file, "--sample", tmp_path / "sample.csv", "--rounds", "best")
    assert best.manifest.rounds == 4
    assert np.abs(scores(best, matrix) - expected).max() > 0.4
    assert "with --rounds all" in said


@pytest.mark.parametrize("file", ["0.90.bin", "1.0.2.bin"])
def test_the_binary_format_is_named_with_the_command_that_converts_it(tmp_path: Path, file: str) -> None:
    err = refused(CASES / file, "--features", features(tmp_path, "a"))
    assert "pip install xgboost==1.7.6" in err
    assert f"b.load_model('{file}'); b.save_model('model.json')" in err


def test_a_model_without_rounds_is_refused(tmp_path: Path) -> None:
    err = refused(CASES / "zero-rounds-1.7.6.ubj", "--features", features(tmp_path, "a"))
    assert "expected a model with boosting rounds, got one without: it predicts its base score alone" in err


def test_many_trees_of_one_leaf_are_scored(tmp_path: Path) -> None:
    """With every kernel: tests/unit/native/test_forest.py."""
    file = "leaf5.ubj"
    artifact, _ = imported(tmp_path, file, "--features", features(tmp_path, *names_of(file)))
    matrix = forests.rows_for((CASES / file).read_bytes(), 500)
    expected = xgb.Booster(model_file=CASES / file).inplace_predict(matrix)
    np.testing.assert_array_equal(scores(artifact, matrix), expected.ravel())


def test_a_list_of_features_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "model.ubj").write_bytes((CASES / "missing-sentinel" / "model.ubj").read_bytes())
    raw = (CASES / "features-bom.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    code, out, err = commands.run(
        "model", "import", tmp_path / "model.ubj", "--name", "m", "--features", CASES / "features-bom.csv",
        "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert code == 0, err
    assert "0 a: float" in out


def test_a_dump_of_lightgbm_is_named_with_the_way_out(tmp_path: Path) -> None:
    err = refused(CASES / "lgb.json", "--features", features(tmp_path, "a"))
    assert "a dump of a LightGBM model: save it with booster.save_model('model.txt'), and import that" in err


def test_json_that_another_program_wrote_is_read(tmp_path: Path) -> None:
    file = "jqlike.json"
    model = json.loads((CASES / file).read_text())
    names = model["learner"].get("feature_names") or [
        f"f{n}" for n in range(int(model["learner"]["learner_model_param"]["num_feature"]))
    ]
    artifact, _ = imported(tmp_path, file, "--features", features(tmp_path, *names))
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        for key in ("base_weights", "loss_changes", "split_conditions", "sum_hessian"):
            tree[key] = [float(value) for value in tree[key]]
    booster = xgb.Booster()
    booster.load_model(bytearray(json.dumps(model).encode()))
    matrix = forests.rows_for(artifact.model, 500)
    np.testing.assert_array_equal(scores(artifact, matrix), booster.inplace_predict(matrix).ravel())
