"""LightGBM's text models: imported, converted, and scored as LightGBM scores them."""

import builtins
import json
import re
import sys
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
import pytest

from millrace.errors import UserError
from millrace.model import import_file, lightgbm_import, lightgbm_trees
from millrace.model.import_model import Import, import_model
from millrace.model.import_summary import summary
from millrace.model.lightgbm_import import ABSOLUTE, RELATIVE, LightGBMModel
from model_store.artifact import Artifact
from model_store.manifest import Manifest
from model_store.verify import verify
from tests.fakes import artifacts, commands, envelopes
from tests.fakes import lightgbm_models as models
from tests.fakes.scorer import FakeScorer

MODELS = Path(__file__).parents[3] / "models" / "lightgbm-4.7.0"
KINDS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    # name: LightGBM's objective, parameters; task and objective of the artifact
    **{
        objective: (objective, {}, "regression", converted)
        for objective, converted in (
            ("regression", "reg:squarederror"),
            ("regression_l1", "reg:absoluteerror"),
            ("huber", "reg:pseudohubererror"),
            ("fair", "reg:pseudohubererror"),
            ("quantile", "reg:quantileerror"),
            ("mape", "reg:absoluteerror"),
            ("poisson", "count:poisson"),
            ("gamma", "reg:gamma"),
            ("tweedie", "reg:tweedie"),
            ("cross_entropy", "reg:logistic"),
        )
    },
    "binary": ("binary", {}, "binary", "binary:logistic"),
    "binary, sigmoid 2.5": ("binary", {"sigmoid": 2.5}, "binary", "binary:logistic"),
    "multiclass": ("multiclass", {}, "multiclass", "multi:softprob"),
    "one class against all others": ("multiclassova", {"sigmoid": 0.7}, "multi_output", "binary:logistic"),
    "lambdarank": ("lambdarank", {}, "ranking", "rank:ndcg"),
    "rank_xendcg": ("rank_xendcg", {}, "ranking", "rank:ndcg"),
    "dart": ("regression", {"boosting": "dart", "drop_rate": 0.5}, "regression", "reg:squarederror"),
    "rf": ("binary", {"boosting": "rf"}, "binary", "binary:logistic"),
    "rf of classes": ("multiclass", {"boosting": "rf"}, "multiclass", "multi:softprob"),
    "without categories": ("binary", {"categorical": False}, "binary", "binary:logistic"),
    "zero as missing": ("regression", {"zero_as_missing": True}, "regression", "reg:squarederror"),
    "no missing": ("regression", {"use_missing": False}, "regression", "reg:squarederror"),
    "deep": ("regression", {"num_leaves": 120, "min_data_in_leaf": 1}, "regression", "reg:squarederror"),
    "one leaf": ("regression", {"min_data_in_leaf": 1_000}, "regression", "reg:squarederror"),
}


def imported(tmp_path: Path, booster: lightgbm.Booster, notes: list[str] | None = None, **members: Any) -> Artifact:
    booster.save_model(tmp_path / "lgb.txt")
    wanted = {"sample": models.frame(models.matrix(300, seed=2)), "missing": "always", **members}
    return import_model(tmp_path / "lgb.txt", Import("m", "1", **wanted), (notes if notes is not None else []).append)


def close(found: Any, expected: np.ndarray) -> None:
    scores = np.array(found).reshape(expected.shape)
    np.testing.assert_allclose(scores, expected, rtol=RELATIVE, atol=ABSOLUTE * np.abs(expected).max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("each_engine")
def test_events_are_scored_as_lightgbm_scores_them(tmp_path: Path, kind: str) -> None:
    objective, parameters, task, converted = KINDS[kind]
    booster = models.trained(objective, **parameters)
    manifest = (artifact := imported(tmp_path, booster)).manifest
    assert (manifest.task, manifest.objective) == (task, converted)
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest

    rows = models.matrix(60, seed=3)
    scorer = FakeScorer(artifact)
    for number, row in enumerate(models.frame(rows).to_dicts()):
        scorer.run(envelopes.kinesis({"event_id": f"e-{number}", "features": row}))
    assert scorer.quarantined == []
    found = [one.get("score", one.get("scores")) for one in scorer.predictions]
    close([list(one.values()) if isinstance(one, dict) else one for one in found], np.asarray(booster.predict(rows)))


@pytest.mark.parametrize("objective", ["binary", "regression"])
def test_attributions_are_lightgbms(tmp_path: Path, objective: str) -> None:
    """Both weigh a split's sides by the training rows that took them."""
    booster = models.trained(objective, categorical=False)
    artifact, rows = imported(tmp_path, booster), models.matrix(60, seed=3)
    inputs = np.ascontiguousarray(rows, np.float32)
    _, values = verify(artifact).attribute(inputs.tobytes(), len(inputs))
    expected = np.asarray(booster.predict(rows, pred_contrib=True))
    np.testing.assert_allclose(np.array(values).reshape(expected.shape), expected, rtol=1e-5, atol=2e-5)


def test_trees_without_categories_are_scored_by_the_native_engine(tmp_path: Path) -> None:
    artifact = imported(tmp_path, models.trained("binary", categorical=False))
    assert verify(artifact, compare=True).engine == "native"


def test_the_manifest_and_the_commands_say_where_the_model_comes_from(tmp_path: Path) -> None:
    models.trained("binary", categorical=False).save_model(tmp_path / "lgb.txt")
    models.frame(models.matrix(50)).write_csv(tmp_path / "sample.csv")
    code, out, err = commands.run(
        "model", "import", tmp_path / "lgb.txt", "--name", "m", "--sample", tmp_path / "sample.csv",
        "--missing", "always", "--labels", "no,yes", "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "binary:logistic (binary), written by LightGBM (format v4, binary sigmoid:1) and converted" in out
    artifact = Artifact.read(tmp_path / "artifact")
    origin = artifact.manifest.framework.origin
    assert origin is not None
    assert (origin.name, origin.version, origin.objective) == ("lightgbm", "v4", "binary sigmoid:1")
    described = artifact.manifest.framework.described
    assert re.fullmatch(r"xgboost [\d.]+, converted from lightgbm v4 \(binary sigmoid:1\)", described)


def test_a_data_frames_categories_and_names_come_with_the_model(tmp_path: Path) -> None:
    """LightGBM writes `_` for the spaces of a name; events keep the name that their producers know."""
    written = json.loads((MODELS / "expected.json").read_text())
    artifact = import_model(MODELS / "frame.txt", Import("m", "1", sample=pl.DataFrame(written["rows"])))
    pages, _, device, region = artifact.manifest.features
    assert (pages.name, pages.type) == ("pages viewed", "int")
    assert device.categories == ("tablet", "desktop", "móvil")
    assert region.categories == ("30", "10", "20")
    scorer = FakeScorer(artifact)
    for number, row in enumerate(written["rows"]):
        scorer.run(envelopes.kinesis({"event_id": f"e-{number}", "features": row}))
    close([one["score"] for one in scorer.predictions], np.array(written["scores"]["frame.txt"]))


def test_categories_are_left_open_where_it_is_not_known_whose_they_are(tmp_path: Path) -> None:
    """An ordered category of pandas is no categorical feature, and the file does not say which one it was."""
    text = (MODELS / "frame.txt").read_text().replace("[categorical_feature: 2,3]", "[categorical_feature: 3]")
    (tmp_path / "lgb.txt").write_text(text)
    assert import_file.read(tmp_path / "lgb.txt").categories == ((),) * 4


def test_zeros_count_as_missing_where_they_do_in_the_model(tmp_path: Path) -> None:
    notes: list[str] = []
    artifact = imported(tmp_path, models.trained("regression", zero_as_missing=True), notes)
    missing = {feature.name: feature.missing_values for feature in artifact.manifest.features}
    assert missing["gap"] == (0.0,)
    assert any(note.startswith("0 counts as missing for ") and "gap" in note for note in notes)
    assert all(feature.allow_missing for feature in artifact.manifest.features if feature.missing_values)


def test_the_rounds_that_count_are_lightgbms(tmp_path: Path) -> None:
    booster = models.trained("multiclass")
    artifact = imported(tmp_path, booster, rounds="3")
    inputs = np.array([row.inputs for row in artifact.manifest.golden_rows], np.float32)
    close([row.scores for row in artifact.manifest.golden_rows], np.asarray(booster.predict(inputs, num_iteration=3)))
    with pytest.raises(UserError, match="--rounds: expected all for boosting rf"):
        imported(tmp_path, models.trained("binary", boosting="rf"), rounds="3")


@pytest.mark.parametrize("form", ["string", "windows", "byte order mark", "mlflow"])
def test_a_model_is_recognised_by_its_content(tmp_path: Path, form: str) -> None:
    text = models.trained("binary").model_to_string()
    path = tmp_path / "anything.bin"
    if form == "mlflow":
        (tmp_path / "MLmodel").write_text("flavors:\n  lightgbm:\n    data: model.lgb\n    lgb_version: 4.7.0\n")
        path, tmp_path = tmp_path / "model.lgb", tmp_path
    text = text.replace("\n", "\r\n" if form == "windows" else "\n")
    path.write_text(text, "utf-8-sig" if form == "byte order mark" else "utf-8", newline="")
    plain = import_file.read(tmp_path if form == "mlflow" else path)
    assert plain.names == tuple(models.NAMES)
    assert plain.task == "binary"


def test_names_that_lightgbm_made_up_are_none(tmp_path: Path) -> None:
    rows = models.matrix(100)
    booster = lightgbm.train(
        {**models.TRAINING, "objective": "regression"}, lightgbm.Dataset(rows, models.truth(rows)), 2
    )
    booster.save_model(tmp_path / "lgb.txt")
    assert import_file.read(tmp_path / "lgb.txt").names == ()


CHANGES: dict[str, tuple[str, str, str]] = {
    "linear trees": ("is_linear=0", "is_linear=1", "tree 0: has linear models in its leaves"),
    "a square root": ("objective=regression", "objective=regression sqrt", "reg_sqrt"),
    "its own objective": ("objective=regression", "objective=custom", "an objective of its own"),
    "no objective": ("objective=regression\n", "", "an objective of its own"),
    "an objective that XGBoost lacks": (
        "objective=regression", "objective=cross_entropy_lambda", "objective cross_entropy_lambda: expected one of",
    ),
    "an unknown format": ("version=v4", "version=v9", "of the format v2 or v3 or v4, got v9"),
    "cut off": ("end of trees", "", "cut off"),
    "a feature that is not there": (r"split_feature=\d+", "split_feature=99", "tree 0: split_feature: expected 0 to 4"),
    "a child twice": (r"left_child=\S+", "left_child=2", "exactly once"),
    "a number that is none": (r"leaf_value=\S+", "leaf_value=nan", "tree 0: leaf_value"),
    "a leaf beyond float32": (r"leaf_value=\S+", "leaf_value=1e300", "leaf_value: expected at most 1e"),
    "more leaves": (r"num_leaves=\d+", "num_leaves=7", "tree 0: .*expected 7"),
    "no names": ("feature_names=.*", "feature_names=a", "feature_names: expected 5"),
    "half a round": ("num_tree_per_iteration=1", "num_tree_per_iteration=3", "rounds of 3 trees"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_cannot_be_converted_is_refused_with_the_reason(tmp_path: Path, change: str) -> None:
    found, put, message = CHANGES[change]
    text = models.trained("regression", categorical=False, num_leaves=4, rounds=4).model_to_string()
    changed = re.sub(found, put, text, count=1)
    assert changed != text
    (tmp_path / "lgb.txt").write_text(changed)
    with pytest.raises(UserError, match=message) as caught:
        import_file.read(tmp_path / "lgb.txt")
    assert len(str(caught.value).splitlines()) == 1


def test_a_model_without_rounds_is_refused(tmp_path: Path) -> None:
    text = models.trained("regression").model_to_string()
    (tmp_path / "lgb.txt").write_text(text[: text.index("Tree=0")] + text[text.index("end of trees") :])
    with pytest.raises(UserError, match="expected boosting rounds of 1 trees, got 0 trees in all"):
        import_file.read(tmp_path / "lgb.txt")


def test_zeros_that_are_missing_in_some_trees_only_are_refused(tmp_path: Path) -> None:
    """Such as trees that were trained on without zero_as_missing: no value of the feature serves both."""
    booster = models.trained("regression", categorical=False, zero_as_missing=True, rounds=3)
    text = re.sub(r"decision_type=.*", _as_nan, booster.model_to_string(), count=1)
    (tmp_path / "lgb.txt").write_text(text)
    with pytest.raises(UserError, match=r"feature .*: expected 0 to count as missing in all trees or in none"):
        import_file.read(tmp_path / "lgb.txt")


def _as_nan(found: re.Match[str]) -> str:
    """The missing type NaN in place of Zero, and the default directions both ways."""
    decisions = [int(text) for text in found[0].removeprefix("decision_type=").split()]
    return "decision_type=" + " ".join(str(8 | (2 * (number % 2))) for number in range(len(decisions)))


def test_a_conversion_that_differs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    booster = models.trained("binary", categorical=False)
    with monkeypatch.context() as patch:
        patch.setattr(lightgbm_trees, "_above", lambda threshold: threshold)
        with pytest.raises(UserError, match=r"expected LightGBM's leaves, .* rows come to others"):
            imported(tmp_path, booster)
    monkeypatch.setattr(lightgbm_trees, "_scale", lambda model: 1.0001)
    with pytest.raises(UserError, match="expected LightGBM's scores, they differ by up to"):
        imported(tmp_path, booster)


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (ImportError("No module named 'lightgbm'"), "got an environment without: run `make setup-run`"),
        (OSError("libgomp.so.1: cannot open shared object file"), "install OpenMP .*apt-get install libgomp1"),
    ],
)
def test_a_missing_library_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, message: str
) -> None:
    booster = models.trained("binary", categorical=False)
    load = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "lightgbm":
            raise raised
        return load(name, *arguments, **named)

    monkeypatch.delitem(sys.modules, "lightgbm")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=message):
        imported(tmp_path, booster)


def test_infinite_thresholds_and_the_ends_of_float32_are_thresholds_like_any_other(tmp_path: Path) -> None:
    """LightGBM writes inf where all that is not missing goes left."""
    booster = models.trained("regression", categorical=False, num_leaves=31)
    odd = iter(
        ["inf", "-1e300", "1e300", "3.4028234663852886e38", "-3.4028234663852886e38", "0", "-0.0", "1e-40", "-1e-40"]
        * 99
    )

    def put(found: re.Match[str]) -> str:
        return "threshold=" + " ".join(next(odd) for _ in found[1].split())

    text = re.sub(r"^threshold=(.*)$", put, booster.model_to_string(), flags=re.MULTILINE)
    (tmp_path / "lgb.txt").write_text(text)
    plain = import_file.read(tmp_path / "lgb.txt")
    assert plain.lightgbm is not None
    plain.lightgbm.check(plain.original, 0, models.matrix(500))


def test_only_imports_of_its_models_load_lightgbm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lightgbm_import, "library", lambda: pytest.fail("loaded"))
    artifacts.booster("binary").save_model(tmp_path / "model.ubj")
    (tmp_path / "features.json").write_text(json.dumps([{"name": n, "type": "float"} for n in artifacts.NAMES]))
    artifact = import_model(tmp_path / "model.ubj", Import("m", "1", features=tmp_path / "features.json"))
    assert artifact.manifest.framework.origin is None
    assert "written by XGBoost" in summary(artifact)[0]


def test_the_largest_category_that_float32_holds(tmp_path: Path) -> None:
    tree = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\n"
    words = " ".join(["0"] * (1 << 19) + ["1"])
    tree += "feature_names=a\nfeature_infos=none\n\nTree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=0\nthreshold=0\n"
    tree += f"decision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=1 2\ncat_boundaries=0 {(1 << 19) + 1}\n"
    tree += f"cat_threshold={words}\nis_linear=0\nshrinkage=1\n\n\nend of trees\n"
    with pytest.raises(ValueError, match="category 16777216: expected codes below 16777216"):
        LightGBMModel(tree.encode()).converted()
