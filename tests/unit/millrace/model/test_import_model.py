"""Importing plain model files: those of other XGBoosts in tests/models, and those of the installed one."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from millrace.errors import UserError
from millrace.model.import_model import Import, import_model
from millrace.model.import_summary import summary
from millrace.model.label import class_names
from model_store.artifact import Artifact
from model_store.verify import verify
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer
from training.golden import GOLDEN_ROWS

MODELS = Path(__file__).parents[3] / "models"
OLD = sorted(path for path in MODELS.glob("xgboost-[12]*/*") if path.name != "expected.json")
FEATURES = """name,type,allow_missing,categories
spend,float,,
pages,int,false,
device,category,,desktop|mobile|tablet
"""


def scores(artifact: Artifact, matrix: np.ndarray) -> np.ndarray:
    found = verify(artifact).predict(np.ascontiguousarray(matrix, np.float32).tobytes(), len(matrix))
    return np.frombuffer(found, np.float32).reshape(len(matrix), -1)


def expected(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The rows and the scores that were written down when the model was made."""
    written = json.loads((folder / "expected.json").read_text())
    return np.array(written["rows"], np.float32), np.array(written["scores"][name])


def predicted(path: Path, matrix: np.ndarray) -> np.ndarray:
    """What XGBoost's own Python predicts with the file, with every boosting round."""
    booster = xgb.Booster(model_file=path)
    return booster.predict(xgb.DMatrix(matrix, feature_names=booster.feature_names)).reshape(len(matrix), -1)


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "features.csv").write_text(FEATURES)
    return tmp_path / "features.csv"


def test_there_are_models_of_three_older_versions():
    assert len(OLD) == 3 * 8


@pytest.mark.parametrize("path", OLD, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_model_of_an_older_xgboost_scores_as_it_did_there(path, listed):
    rounds = "best" if path.stem == "early" else ""
    artifact = import_model(path, Import("m", "1", features=listed, rounds=rounds))
    rows, then = expected(path.parent, path.name)
    now = scores(artifact, rows)
    if path.stem == "softmax":  # the class alone: now the likeliest of the scores
        now = now.argmax(axis=1)
    np.testing.assert_allclose(now.reshape(then.shape), then, rtol=1e-6, atol=1e-6)
    manifest = artifact.manifest
    assert f"xgboost-{manifest.framework.version}" == path.parent.name
    assert [feature.name for feature in manifest.features] == ["pages", "spend", "device"]
    assert (manifest.rounds > 0) == (path.stem == "early")
    assert len(manifest.golden_rows) == GOLDEN_ROWS
    assert len({row.scores for row in manifest.golden_rows}) > 3


def test_a_data_frames_categories_come_with_the_model():
    folder = MODELS / "xgboost-3.4.1"
    rows = pl.DataFrame(json.loads((folder / "expected.json").read_text())["rows"])
    artifact = import_model(folder / "frame.ubj", Import("m", "1", sample=rows))
    _, device, region = artifact.manifest.features
    assert (device.type, device.categories, device.allow_missing) == ("category", ("tablet", "desktop", "móvil"), True)
    assert (region.type, region.categories, region.allow_missing) == ("category", ("30", "10", "20"), False)
    then = json.loads((folder / "expected.json").read_text())["scores"]["frame.ubj"]

    scorer = FakeScorer(artifact)
    for number, row in enumerate(rows.to_dicts()):
        features = {**row, "region": str(row["region"])}
        scorer.run(envelopes.kinesis({"event_id": f"e-{number}", "features": features}))
    assert [one["score"] for one in scorer.predictions] == pytest.approx(then, rel=1e-6)


@pytest.fixture
def saved(tmp_path):
    """Saves a model of a kind as a plain file."""

    def save(kind, **attributes):
        booster = artifacts.booster(kind).copy()
        booster.set_attr(**attributes)
        booster.save_model(tmp_path / f"{kind}.json")
        return tmp_path / f"{kind}.json"

    return save


def sample(rows=300):
    """Codes as integers, with an outcome of two and one of three classes, and one that is a number."""
    matrix = artifacts.matrix(rows, seed=5)
    frame = pl.DataFrame(dict(zip(artifacts.NAMES, matrix.T.astype(float), strict=True))).fill_nan(None)
    codes = [pl.col(name).cast(pl.Int64) for name in ("pages", "device", "referrer")]
    bought = (pl.col("pages") > 20).cast(pl.Int64)
    return frame.with_columns(
        *codes, pl.col("returning") == 1, bought=bought, many=bought + (pl.col("pages") > 30)
    ).with_columns(worth=pl.col("pages") / 7)


OUTCOMES = ["bought", "many", "worth"]


def wanted(label=None, **members):
    return Import("m", "1", sample=sample(), label=label, drop=[o for o in OUTCOMES if o != label], **members)


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_every_kind_comes_in_and_scores_as_before(kind, saved):
    artifact = import_model(saved(kind), wanted())
    matrix = artifacts.matrix(50, seed=6)
    before = artifacts.booster(kind).inplace_predict(matrix).reshape(50, -1)
    np.testing.assert_array_equal(scores(artifact, matrix), before)
    manifest = artifact.manifest
    assert (manifest.task, manifest.output.width) == (artifacts.TASKS[kind], artifacts.OUTPUTS[kind].width)
    assert artifact.manifest.baseline["rows"] == 300
    assert set(artifact.manifest.baseline["features"]) == set(artifacts.NAMES)


@pytest.mark.parametrize("base_score", [0.0, 1e-7, 6.6e-7, 1e-6, 0.9999995, 1.0])
def test_a_base_score_beyond_xgboosts_clamp_scores_as_before(tmp_path, base_score):
    path = tmp_path / "model.ubj"
    path.write_bytes(artifacts.with_base_score(artifacts.booster("binary"), base_score))
    artifact = import_model(path, wanted())
    assert verify(artifact).engine == "native"
    matrix = artifacts.matrix(50, seed=6)
    np.testing.assert_allclose(scores(artifact, matrix), predicted(path, matrix), rtol=1e-6, atol=0)


def test_golden_rows_are_of_the_sample(saved):
    rows = import_model(saved("binary"), wanted()).manifest.golden_rows
    there = {tuple(row) for row in sample().select(artifacts.NAMES).cast(pl.Float32).rows()}
    assert len(rows) == GOLDEN_ROWS
    assert {row.inputs for row in rows} <= there


@pytest.mark.parametrize(
    ("kind", "label", "labels", "metrics"),
    [
        ("binary", "bought", ("0", "1"), {"auc", "aucpr", "logloss", "error"}),
        ("multiclass", "many", ("0", "1", "2"), {"merror", "mlogloss"}),
        ("regression", "worth", (), {"rmse", "mae"}),
        ("ranking", "many", (), set()),
    ],
)
def test_a_label_gives_labels_and_metrics(saved, kind, label, labels, metrics):
    manifest = import_model(saved(kind), wanted(label)).manifest
    assert manifest.output.labels == labels
    assert manifest.metrics.keys() == metrics
    assert label not in {feature.name for feature in manifest.features}


def test_the_rounds_that_count_do_so_for_scores_and_metrics(saved):
    few = import_model(saved("binary", best_iteration="0"), wanted("bought", rounds="best")).manifest
    all_of_them = import_model(saved("binary", best_iteration=None), wanted("bought")).manifest
    assert (few.rounds, all_of_them.rounds) == (1, 0)
    assert few.metrics["logloss"] > all_of_them.metrics["logloss"]
    assert few.golden_rows[0].scores != all_of_them.golden_rows[0].scores


@pytest.mark.parametrize(
    ("objective", "threshold"), [("binary:logistic", 0.5), ("binary:logitraw", 0.0), ("binary:hinge", 0.5)]
)
def test_the_threshold_is_the_objectives_unless_it_is_given(tmp_path, objective, threshold):
    booster = artifacts.booster("binary").copy()
    booster.set_param({"objective": objective})
    booster.save_model(tmp_path / "model.ubj")
    assert import_model(tmp_path / "model.ubj", wanted()).manifest.output.threshold == threshold
    assert import_model(tmp_path / "model.ubj", wanted(threshold=0.25)).manifest.output.threshold == 0.25


def test_the_classes_may_be_named(saved):
    assert import_model(saved("binary"), wanted("bought", labels=("no", "yes"))).manifest.output.labels == ("no", "yes")


def named(texts, **members):
    """With the outcome as texts."""
    return replace(wanted("bought", **members), sample=sample().with_columns(pl.col("bought").replace_strict(texts)))


@pytest.mark.parametrize("labels", [("yes", "no"), ("no", "yes")], ids=["not the alphabet's order", "the alphabet's"])
def test_metrics_and_calibration_take_the_classes_in_the_order_of_the_labels(saved, labels):
    options = {"labels": labels, "calibrate": "platt"}
    numbered = import_model(saved("binary"), wanted("bought", **options)).manifest
    found = import_model(saved("binary"), named(dict(enumerate(labels)), **options)).manifest
    assert (found.metrics, found.output) == (numbered.metrics, numbered.output)
    assert found.metrics["auc"] > 0.8


def test_labels_in_the_wrong_order_show(saved):
    reverse = {0: "yes", 1: "no"}
    assert import_model(saved("binary"), named(reverse, labels=("no", "yes"))).manifest.metrics["auc"] < 0.2
    with pytest.raises(UserError, match="--calibrate platt: expected higher scores for the second label"):
        import_model(saved("binary"), named(reverse, labels=("no", "yes"), calibrate="platt"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({0: "no", 1: "yes"}, "expected the model's classes, buys, leaves, or their numbers from 0 to 1, got no, yes"),
        ({0: 1, 1: 2}, "got 1, 2; --labels names the classes in the model's order"),
    ],
)
def test_a_class_that_the_model_does_not_have_is_refused(saved, values, message):
    frame = sample().with_columns(pl.col("bought").replace_strict(values))
    with pytest.raises(UserError, match=message):
        import_model(saved("binary"), replace(wanted("bought", labels=("buys", "leaves")), sample=frame))


def test_a_sample_with_a_class_more_than_the_model_is_refused(saved):
    with pytest.raises(UserError, match=r"label 'many': expected the model's classes, no, yes, .* got 0, 1, 2"):
        import_model(saved("binary"), wanted("many", labels=("no", "yes")))


def test_whole_numbers_of_a_column_with_a_gap_are_classes_by_their_numbers(saved):
    """pandas writes 0.0 and 1.0; more than nine of them are not in the order of their digits."""
    frame = sample().with_columns(pl.col("bought").cast(pl.Float64))
    whole = import_model(saved("binary"), replace(wanted("bought"), sample=frame)).manifest
    assert (whole.output.labels, whole.metrics) == (
        ("0", "1"), import_model(saved("binary"), wanted("bought")).manifest.metrics,
    )  # fmt: skip
    assert class_names(pl.Series("y", [float(n) for n in range(12)]))[9:] == ("9", "10", "11")


def test_the_summary_tells_what_was_understood(saved):
    lines = summary(import_model(saved("binary"), wanted("bought", labels=("no", "yes"), rounds="3")))
    assert lines[0].startswith("binary:logistic (binary), written by XGBoost 3.")
    assert lines[0].endswith("boosting rounds that count: the first 3")
    assert lines[1] == "0 pages: int, must not be missing"
    assert "labels no, yes, the second from 0.5 on" in lines
    assert "golden rows: 32, from the sample" in lines
    assert any(line.startswith("auc 0.") for line in lines)


@pytest.mark.parametrize(
    ("kind", "members", "message"),
    [
        ("binary", {"labels": ("a", "b", "c")}, "labels: expected 2, got 3: a, b, c"),
        ("multiclass", {"labels": ("a", "b")}, "labels: expected 3, got 2"),
        ("multiclass", {"threshold": 0.5}, "threshold: expected none with more than two classes"),
        ("regression", {"threshold": 0.5}, "labels and threshold: expected none, reg:squarederror predicts no classes"),
        ("binary", {"labels": ("a", "a")}, "labels: expected each once, and none empty, got a, a"),
        ("binary", {"labels": ("a", "")}, "labels: expected each once"),
        (
            "binary",
            {"threshold": float("nan")},
            "threshold: expected a number from 0 to 1 for binary:logistic, got nan",
        ),
        ("binary", {"threshold": float("inf")}, "threshold: expected a number from 0 to 1"),
        ("binary", {"threshold": 1.5}, "threshold: expected a number from 0 to 1 for binary:logistic, got 1.5"),
        ("binary", {"missing": "sometimes"}, "--missing: expected seen or always, got 'sometimes'"),
        ("ranking", {"labels": ("a", "b")}, "labels and threshold: expected none, rank:pairwise"),
    ],
)
def test_an_output_that_does_not_fit_the_model_is_refused(saved, kind, members, message):
    with pytest.raises(UserError, match=message):
        import_model(saved(kind), wanted(**members))


@pytest.mark.parametrize(
    "values",
    [["low", "high"] * 20, [dt.date(2026, 1, 1)] * 40, [1.0] * 39 + [float("nan")], [[1.0]] * 40],
    ids=["text", "dates", "NaN", "lists"],
)
def test_a_label_of_a_regression_that_is_no_number_is_refused(saved, values):
    frame = sample(40).with_columns(worth=pl.Series(values))
    with pytest.raises(
        UserError, match=r"label 'worth': expected finite numbers, .* got .*; name the column .* --drop worth"
    ):
        import_model(saved("regression"), Import("m", "1", sample=frame, label="worth", drop=["bought", "many"]))


def test_a_label_of_numbers_as_text_is_read(saved):
    frame = sample(40).with_columns(pl.col("worth").cast(pl.String))
    wanted = Import("m", "1", sample=frame, label="worth", drop=["bought", "many"])
    assert import_model(saved("regression"), wanted).manifest.metrics["rmse"] > 0


def test_without_features_and_sample_the_models_own_names_are_told(saved):
    with pytest.raises(UserError, match=r"--features\) or .*--sample\); the model names them pages, spend"):
        import_model(saved("binary"), Import("m", "1"))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"sample": sample().head(0)}, "at least one row"),
        ({"sample": sample(), "label": "sold"}, "column 'sold': expected one of pages"),
        ({"sample": sample(), "drop": ["sold"]}, "column 'sold': expected one of pages"),
        ({"sample": sample()}, "the model does not know bought, many, worth"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused(saved, members, message):
    with pytest.raises(UserError, match=message):
        import_model(saved("binary"), Import("m", "1", **members))


def counting(path):
    """The model, made to predict counts: the exponential of what the trees say, which is infinite from 89 on."""
    model = json.loads(path.read_text())
    model["learner"]["objective"] = {"name": "count:poisson", "poisson_regression_param": {"max_delta_step": "0.7"}}
    return model


def test_a_model_that_scores_infinity_is_refused(saved):
    model = counting(saved("regression"))
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        tree["split_conditions"] = [
            20.0 if left == -1 else condition
            for left, condition in zip(tree["left_children"], tree["split_conditions"], strict=True)
        ]
    path = saved("regression")
    path.write_text(json.dumps(model))
    with pytest.raises(UserError, match="expected finite scores, got infinity"):
        import_model(path, wanted())


def test_a_sample_of_which_any_row_scores_infinity_is_refused(saved):
    """Also one that is no golden row: neither a baseline nor a prediction can say infinity."""
    frame = pl.concat([sample(2_000), sample(1).with_columns(pages=pl.lit(1_000, pl.Int64))])
    model = counting(saved("regression"))
    high = model["learner"]["gradient_booster"]["model"]["trees"][:2]
    for tree in high:  # one split: only a session of more than 900 pages goes where two leaves add up to 100
        keep = [0, 1, 2]
        changed = {
            "left_children": [1, -1, -1], "right_children": [2, -1, -1], "parents": [2**31 - 1, 0, 0],
            "split_indices": [0, 0, 0], "split_conditions": [900.0, 0.5, 50.0],
        }  # fmt: skip
        tree.update({key: [tree[key][i] for i in keep] for key, value in tree.items() if type(value) is list and value})
        tree.update(changed, tree_param=tree["tree_param"] | {"num_nodes": "3"}, default_left=[0, 0, 0])
    path = saved("regression")
    path.write_text(json.dumps(model))
    with pytest.raises(UserError, match="expected finite scores, got infinity"):
        import_model(path, Import("m", "1", sample=frame, drop=OUTCOMES))
    assert import_model(path, wanted())
