"""Small ONNX models: scikit-learn's, and graphs that are put together node by node."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow, Tolerance
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from predictors.onnx import MODEL_FILE

COLUMNS = 5
FEATURES = tuple(Feature(f"x{i}", "float", allow_missing=False) for i in range(COLUMNS))
OPSET, IR = 17, 8
TOLERANCE = Tolerance(1e-4, 1e-5)
LABELS = {"logistic": ("no", "yes"), "network": ("few", "many", "most")}
KINDS = ("linear", "logistic", "network")


def rows(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, COLUMNS)).astype(np.float32)


@cache
def estimator(kind: str) -> Any:
    """A trained model of scikit-learn: linear (a regression), logistic (two classes), network (three)."""
    data = rows(300, seed=3)
    target = data @ np.arange(1, COLUMNS + 1)
    if kind == "linear":
        return make_pipeline(StandardScaler(), LinearRegression()).fit(data, target)
    if kind == "logistic":
        return make_pipeline(StandardScaler(), LogisticRegression()).fit(data, target > 0)
    network = MLPClassifier((16, 8), solver="lbfgs", alpha=3.0, max_iter=200, tol=1e-3, random_state=1)
    return make_pipeline(StandardScaler(), network).fit(data, np.digitize(target, [-3, 3]))


def expected(kind: str, matrix: np.ndarray) -> np.ndarray:
    """scikit-learn's own scores, rows × width."""
    model = estimator(kind)
    if kind == "linear":
        return np.asarray(model.predict(matrix)).reshape(-1, 1)
    found = np.asarray(model.predict_proba(matrix))
    return found[:, 1:] if kind == "logistic" else found


@cache
def exported(kind: str) -> bytes:
    options = {} if kind == "linear" else {"zipmap": False}
    proto = to_onnx(
        estimator(kind), initial_types=[("x", FloatTensorType([None, COLUMNS]))], options=options, target_opset=OPSET
    )
    return bytes(proto.SerializeToString())


def artifact(kind: str = "logistic", model: bytes | None = None, **changes: Any) -> Artifact:
    """An artifact that passes every check; `changes` replace members of its manifest."""
    if model is None:
        model = exported(kind)
    task = {"linear": "regression", "logistic": "binary", "network": "multiclass"}[kind]
    golden = rows(4, seed=9)
    members: dict[str, Any] = {
        "name": "sessions",
        "version": "1",
        "created_at": "2026-01-02T03:04:05.000Z",
        "framework": ModelFramework("onnx", "opset 17"),
        "task": task,
        "objective": None,
        "features": FEATURES,
        "output": Output(LABELS.get(kind, ()), 0.5 if task == "binary" else None, 3 if task == "multiclass" else 1),
        "file": ModelFile.of(model, MODEL_FILE),
        "golden_rows": golden_rows(golden, expected(kind, golden)),
        "tolerance": TOLERANCE,
    } | changes
    return Artifact(Manifest(**members), model)


def golden_rows(matrix: np.ndarray, scores: np.ndarray) -> tuple[GoldenRow, ...]:
    return tuple(
        GoldenRow(tuple(map(float, row)), tuple(map(float, of_row)))
        for row, of_row in zip(matrix, scores.astype(np.float32), strict=True)
    )


def weight(name: str, values: Any, dtype: Any = np.float32) -> TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def graph(
    nodes: Sequence[onnx.NodeProto],
    weights: Sequence[TensorProto] = (),
    *,
    shape: Sequence[Any] = ("n", COLUMNS),
    given: Sequence[Any] | None = ("n", 1),
    kind: int = TensorProto.FLOAT,
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    """A model of one input `x` and one output `y`."""
    return helper.make_model(
        helper.make_graph(
            list(nodes),
            "g",
            [helper.make_tensor_value_info("x", kind, list(shape))],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None if given is None else list(given))],
            list(weights),
        ),
        opset_imports=[helper.make_opsetid("", OPSET), *(helper.make_opsetid(domain, 1) for domain in domains)],
        ir_version=IR,
    )


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def linear(weights: np.ndarray | None = None) -> onnx.ModelProto:
    """y = x · w: a regression."""
    values = np.arange(1, COLUMNS + 1).reshape(COLUMNS, 1) if weights is None else weights
    return graph([node("MatMul", "x w", "y")], [weight("w", values)])
