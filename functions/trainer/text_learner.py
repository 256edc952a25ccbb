"""Logistic regression of hashed n-grams, as a graph that sums looked-up weights.

A gram counts its times, divided by the root of the text's grams: long and short texts are of one size.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from inputs import PreparationInvalid
from inputs import text as texts
from records.faults import Unfit
from trainer.errors import TrainingRefused
from trainer.graphs import OPSET, as_trained

if TYPE_CHECKING:
    from typing import Any

    from inputs.text import TextPreparation
    from trainer.learners import TrainedModel
    from trainer.options import LearnerOptions

DEFAULTS: dict[str, Any] = {"unit": texts.WORDS, "grams": [1, 2], "buckets": 32_768, "length": 512}
IR_VERSION = 8


def fit(rows: list[str], codes: np.ndarray, options: LearnerOptions, seed: int) -> TrainedModel:
    """LearnerOptions are those of `hashed-grams`, and inverse_regularisation and rounds. Raises TrainingRefused."""
    from sklearn.linear_model import LogisticRegression

    strength = options.number("inverse_regularisation", 1e-6, 1e6, 10.0)
    rounds = options.integer("rounds", 1, 10_000, 200)
    try:
        how = texts.read([{"name": texts.NAME, "version": texts.VERSION, **DEFAULTS, **options.rest()}])
    except PreparationInvalid as invalid:
        raise TrainingRefused(f"options: {invalid}") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the rounds are what is meant
        model = LogisticRegression(C=strength, max_iter=rounds, random_state=seed).fit(_counts(how, rows), codes)
    return as_trained(_graph(how, model.coef_, model.intercept_), how)


def _counts(how: TextPreparation, rows: list[str]) -> Any:
    """Texts × buckets, sparse."""
    from scipy.sparse import csr_array

    hashes = np.frombuffer(b"".join(_prepared(how, rows)), np.int64).reshape(len(rows), how.length)
    there = hashes > 0
    sizes = there.sum(axis=1)
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    counts = csr_array((values, hashes[there], starts), shape=(len(rows), how.buckets))
    counts.sum_duplicates()
    return counts


def _prepared(how: TextPreparation, rows: list[str]) -> list[bytes]:
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(how.prepare(row))
        except Unfit as unfit:
            raise TrainingRefused(f"table: text of row {number}: {unfit.code}: {unfit.detail}") from None
    return found


def _graph(how: TextPreparation, weights: np.ndarray, offsets: np.ndarray) -> bytes:
    """weights : classes × buckets; of two classes one row, whose sigmoid is the score."""
    from onnx import TensorProto, helper, numpy_helper

    table = weights.T.astype(np.float32)
    table[0] = 0  # padding
    constants: dict[str, np.ndarray] = {
        "table": table,
        "offsets": offsets.astype(np.float32),
        "grams": np.array([1], np.int64),
        "nothing": np.array([0], np.int64),
        "one": np.array([1], np.float32),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["table", "x"], ["looked"]),
        node("ReduceSum", ["looked", "grams"], ["sum"], keepdims=0),
        node("Greater", ["x", "nothing"], ["there"]),
        node("Cast", ["there"], ["ones"], to=TensorProto.FLOAT),
        node("ReduceSum", ["ones", "grams"], ["count"], keepdims=1),
        node("Max", ["count", "one"], ["most"]),
        node("Sqrt", ["most"], ["root"]),
        node("Div", ["sum", "root"], ["share"]),
        node("Add", ["share", "offsets"], ["margin"]),
        node("Sigmoid", ["margin"], ["y"]) if len(weights) == 1 else node("Softmax", ["margin"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "text",
        [helper.make_tensor_value_info("x", TensorProto.INT64, ["n", how.length])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", len(weights)])],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return bytes(made.SerializeToString())
