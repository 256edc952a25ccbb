"""`millrace model import net.onnx`: from an exported model to an artifact that scores as the exporting library does."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import polars as pl
import pytest
from onnx import helper

from millrace.errors import UserError
from millrace.model import import_model as importer
from millrace.model import onnx_file
from millrace.model.import_model import Import
from model_store.artifact import Artifact
from model_store.output import Output
from model_store.verify import verify
from predictors.onnx import structure
from tests.fakes import commands, onnx_models
from tests.fakes.onnx_models import COLUMNS, LABELS, estimator, graph, linear, node, weight

NAMES = [f"x{number}" for number in range(COLUMNS)]
ROWS = 120


def table(kind: str = "logistic", rows: int = ROWS) -> pl.DataFrame:
    """A sample with a label, as the model predicts it."""
    matrix = onnx_models.rows(rows, seed=11)
    found = estimator(kind).predict(matrix).ravel()
    labels = [LABELS[kind][int(code)] for code in found] if kind in LABELS else found
    return pl.DataFrame(matrix, NAMES).with_columns(pl.Series("label", labels))


def saved(folder: Path, model: bytes | onnx.ModelProto) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return path


def imported(path: Path, notes: list[str] | None = None, **wanted: Any) -> Artifact:
    members = {"sample": table(), "label": "label"} | wanted
    return importer.import_model(path, Import("sessions", "1", **members), (notes if notes is not None else []).append)


def refusal(path: Path, **wanted: Any) -> str:
    with pytest.raises(UserError) as caught:
        imported(path, **wanted)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "task", "output"),
    [
        ("linear", "regression", Output()),
        ("logistic", "binary", Output(("no", "yes"), 0.5)),
        ("network", "multiclass", Output(("few", "many", "most"), None, 3)),
    ],
)
def test_a_model_of_scikit_learn_scores_as_it_does_there(tmp_path: Path, kind: str, task: str, output: Output) -> None:
    artifact = imported(saved(tmp_path, onnx_models.exported(kind)), sample=table(kind))
    manifest = artifact.manifest
    assert (manifest.framework.name, manifest.framework.version) == ("onnx", "opset 17, skl2onnx 1.20.0")
    assert (manifest.task, manifest.output, manifest.objective) == (task, output, None)
    assert [(feature.name, feature.type, feature.allow_missing) for feature in manifest.features] == [
        (name, "float", False) for name in NAMES
    ]
    assert len(manifest.golden_rows) == 32
    assert manifest.baseline["rows"] == ROWS
    matrix = onnx_models.rows(50, seed=12)
    scores = np.array(verify(artifact, compare=True).predict(matrix.tobytes(), 50)).reshape(50, -1)
    np.testing.assert_allclose(scores, onnx_models.expected(kind, matrix), rtol=1e-6, atol=1e-6)


def test_without_a_sample_features_are_listed_and_rows_made_up(tmp_path: Path) -> None:
    types = {"x0": "int", "x1": "bool", "x2": "category"}
    lines = [f"{name},{types.get(name, 'float')},false,{'a|b|c' if name == 'x2' else ''}" for name in NAMES]
    (tmp_path / "features.csv").write_text("name,type,allow_missing,categories\n" + "\n".join(lines))
    notes: list[str] = []
    artifact = imported(saved(tmp_path, linear()), notes, sample=None, label=None, features=tmp_path / "features.csv")
    codes = {row.inputs[2] for row in artifact.manifest.golden_rows}
    assert codes == {0.0, 1.0, 2.0}
    assert artifact.manifest.baseline == {}
    assert notes == ["one score a row and no labels: taken for a regression; --labels names two classes"]


def test_labels_and_threshold_make_two_classes_of_one_score(tmp_path: Path) -> None:
    found = imported(
        saved(tmp_path, linear()), label=None, sample=table().drop("label"), labels=("n", "y"), threshold=2.0
    )
    assert (found.manifest.task, found.manifest.output) == ("binary", Output(("n", "y"), 2.0))


def test_several_outputs_have_names(tmp_path: Path) -> None:
    wide = np.arange(COLUMNS * 2, dtype=np.float32).reshape(COLUMNS, 2)
    model = graph([node("MatMul", "x w", "y")], [weight("w", wide)], given=("n", 2))
    found = imported(saved(tmp_path, model), label=None, sample=table().drop("label"), outputs=("low", "high"))
    assert (found.manifest.task, found.manifest.output) == ("multi_output", Output(width=2, names=("low", "high")))


def two_heads() -> onnx.ModelProto:
    model = graph([node("MatMul", "x w", "y"), node("Neg", "y", "z")], [weight("w", np.ones((COLUMNS, 1)))])
    model.graph.output.append(helper.make_tensor_value_info("z", 1, ["n", 1]))
    return model


def test_of_several_outputs_one_is_chosen_and_the_others_leave_the_file(tmp_path: Path) -> None:
    path = saved(tmp_path, two_heads())
    assert "name it (--tensor)" in refusal(path)
    assert "expected one of the outputs y, z, got 'q'" in refusal(path, tensor="q")
    artifact = imported(path, tensor="z", label=None, sample=table().drop("label"))
    assert [value.name for value in structure.read(artifact.model).outputs] == ["z"]
    golden = artifact.manifest.golden_rows[0]
    assert golden.scores[0] == pytest.approx(-sum(value or 0 for value in golden.inputs), rel=1e-5)


@pytest.mark.parametrize("kind", onnx_models.KINDS)
def test_a_file_that_is_written_again_is_the_same_model(kind: str) -> None:
    model = onnx_models.exported(kind)
    names = [value.name for value in structure.read(model).outputs]
    again = onnx_file.with_outputs(model, names)
    assert onnx.ModelProto.FromString(again) == onnx.ModelProto.FromString(model)
    onnx.checker.check_model(onnx.ModelProto.FromString(onnx_file.with_outputs(model, names[-1:])))


def test_scores_of_the_exporting_library_are_compared(tmp_path: Path) -> None:
    path, sample = saved(tmp_path, onnx_models.exported("logistic")), table()
    right = onnx_models.expected("logistic", sample.drop("label").to_numpy())
    imported(path, expected=pl.DataFrame(right, ["score"]))
    message = refusal(path, expected=pl.DataFrame(right[::-1].copy(), ["score"]))
    assert "the scores of the given scores" not in message
    assert "check the order of the columns" in message
    assert "expected 1 columns of numbers and the sample's 120 rows" in refusal(
        path, expected=pl.DataFrame(right[:5], ["s"])
    )
    assert "expected a sample" in refusal(path, expected=pl.DataFrame(right), sample=None, label=None)


def test_what_the_c_api_gives_is_compared_with_the_python_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, onnx_models.exported("logistic"))
    run = onnxruntime.InferenceSession.run

    def differs(*arguments: Any) -> Any:
        return [found * 1.01 for found in run(*arguments)]

    monkeypatch.setattr(onnxruntime.InferenceSession, "run", differs)
    assert "as ONNX Runtime's package gives" in refusal(path)


@pytest.mark.parametrize(
    ("model", "wanted", "message"),
    [
        (b"no model", {}, r"net.onnx: .*expected"),
        (linear(), {"rounds": "3"}, "--rounds: expected none, an ONNX model has no boosting rounds, got 3"),
        (linear(), {"sample": None, "label": None}, "expected a file that lists the features .*; the model has 5"),
        (linear(), {"labels": ("a", "b", "c")}, "labels: expected 2, got 3: a, b, c"),
        (linear(), {"labels": ("a", "a")}, "labels: expected each once"),
        (linear(), {"outputs": ("a", "b")}, "--outputs: expected 1 names"),
        (linear(), {"outputs": ("a",), "labels": ("a", "b")}, "--outputs: expected no labels"),
        (linear(), {"sample": table().drop("x4")}, "expected the model's 5 features, in its order, got 4"),
        (onnx_models.exported("network"), {"sample": table("network"), "threshold": 0.5}, "threshold: expected none"),
        (graph([node("MatMul", "x w", "y")], [weight("w", np.ones((3, 1)))]), {}, "ONNX Runtime refuses it"),
        (graph([node("ReduceSum", "x", "y", keepdims=0)], given=()), {}, "expected scores for each row, got the shape"),
        (graph([node("Cast", "x", "y", to=1)], kind=7), {}, r"expected one input, float32 \[n, columns\], got x int64"),
        (graph([node("Identity", "x", "y")], shape=("n", "m"), given=None), {}, r"got x float32 \[n, n\]: export"),
        (graph([node("DequantizeLinear", "x s", "y")], [weight("s", 1)]), {}, "accept it .--quantized."),
        (graph([node("Log", "x", "l"), node("ReduceSum", "l a", "y")], [weight("a", [1], np.int64)]), {}, "finite"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_said_in_one_line(
    tmp_path: Path, model: Any, wanted: dict[str, Any], message: str
) -> None:
    found = refusal(saved(tmp_path, model), **wanted)
    assert re.search(message, found), found


def test_a_gap_that_the_model_cannot_score_is_named(tmp_path: Path) -> None:
    sample = table().with_columns(pl.when(pl.int_range(pl.len()) > 100).then(pl.col("x3")).alias("x3"))
    message = refusal(saved(tmp_path, linear()), sample=sample)
    assert "where values are missing" in message
    (tmp_path / "features.csv").write_text("name,type\n" + "".join(f"{name},float\n" for name in NAMES))
    message = refusal(saved(tmp_path, linear()), features=tmp_path / "features.csv")
    assert "feature 'x0': may be missing, and the model gives no score then" in message


def test_options_of_onnx_are_refused_for_other_models(tmp_path: Path) -> None:
    path = tmp_path / "model.ubj"
    path.write_bytes(b"{}")
    assert "--tensor: expected an ONNX model" in refusal(path, tensor="y")
    assert "--quantized: expected an ONNX model" in refusal(path, quantized=True)


def test_labels_in_another_order_show(tmp_path: Path) -> None:
    path = saved(tmp_path, onnx_models.exported("network"))
    for labels, share in (((), "100.0%"), (("most", "few", "many"), "0.0%")):
        notes: list[str] = []
        imported(path, notes, sample=table("network"), labels=labels)
        assert notes == [
            f"{share} of the sample's rows get their own label; --labels states another order of the classes"
        ]


def test_the_command_prints_what_it_understood(tmp_path: Path) -> None:
    saved(tmp_path, onnx_models.exported("logistic"))
    table().write_csv(tmp_path / "sample.csv")
    right = onnx_models.expected("logistic", table().drop("label").to_numpy())
    pl.DataFrame(right, ["score"]).write_csv(tmp_path / "scores.csv")
    code, out, err = commands.run(
        "model", "import", tmp_path / "net.onnx", "--name", "sessions", "--sample", tmp_path / "sample.csv", "--label",
        "label", "--expected", tmp_path / "scores.csv", "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert code == 0, err
    assert "  binary, onnx opset 17, skl2onnx 1.20.0\n" in out
    assert "  4 x4: float, must not be missing\n" in out
    assert "  labels no, yes, the second from 0.5 on\n" in out
    assert "  golden rows: 32, from the sample\n" in out
    assert verify(Artifact.read(tmp_path / "artifact"))
