"""From a verified file to scores: scikit-learn's own, whatever batch a row comes in."""

import math
import re
from collections.abc import Callable
from copy import replace
from typing import Any

import numpy as np
import pytest

from model_store import isolated
from model_store.errors import ArtifactRefused
from model_store.feature import Feature
from model_store.output import Output
from model_store.verify import verify
from predictors.errors import NoAttributions
from predictors.onnx import sound_graph
from predictors.onnx.sound_graph import ROWS_A_RUN
from predictors.predictor import Predictor
from tests.fakes import onnx_models
from tests.fakes.onnx_models import COLUMNS, FEATURES, KINDS, artifact, golden_rows, graph, linear, node, weight

WEIGHTS = np.arange(1, COLUMNS + 1, dtype=np.float32).reshape(COLUMNS, 1)


def scores(predictor: Predictor, matrix: np.ndarray) -> np.ndarray:
    found = predictor.predict(matrix.astype(np.float32).tobytes(), len(matrix))
    return np.frombuffer(found.tobytes(), np.float32).reshape(len(matrix), -1)


def regression(model: Any, golden: Callable[[np.ndarray], np.ndarray] = lambda m: m @ WEIGHTS, **changes: Any) -> Any:
    """An artifact of a graph; golden : computes its scores."""
    matrix = onnx_models.rows(4, seed=9)
    expected = golden_rows(matrix, np.asarray(golden(matrix)).reshape(4, -1))
    return artifact("linear", model.SerializeToString(), **{"golden_rows": expected} | changes)


def refusal(wrong: Any) -> ArtifactRefused:
    with pytest.raises(ArtifactRefused) as caught:
        verify(wrong, compare=True)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_scikit_learns_own(kind: str) -> None:
    matrix = onnx_models.rows(500, seed=5)
    expected = onnx_models.expected(kind, matrix)
    np.testing.assert_allclose(scores(verify(artifact(kind), compare=True), matrix), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_rows_scores_are_the_same_bits_in_every_batch(kind: str, threads: int) -> None:
    predictor, matrix = verify(artifact(kind), threads=threads), onnx_models.rows(2 * ROWS_A_RUN + 3, seed=6)
    whole = scores(predictor, matrix)
    for count in (1, 2, 3, 5, 8, 31, ROWS_A_RUN, ROWS_A_RUN + 1, 2 * ROWS_A_RUN + 1):
        assert scores(predictor, matrix[:count]).tobytes() == whole[:count].tobytes(), count
        assert scores(predictor, matrix[-count:]).tobytes() == whole[-count:].tobytes(), count


def test_no_row_is_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    predictor = verify(artifact())
    run = predictor._session.run  # type: ignore[attr-defined]
    monkeypatch.setattr(
        predictor._session,  # type: ignore[attr-defined]
        "run",
        lambda tensors, output: sizes.append(tensors[0].shape[0]) or run(tensors, output),
    )
    for count in (0, 1, 2, ROWS_A_RUN, ROWS_A_RUN + 1):
        assert len(scores(predictor, onnx_models.rows(count)) if count else predictor.predict(b"", 0)) == count
    assert sizes == [2, 2, ROWS_A_RUN, ROWS_A_RUN // 2, ROWS_A_RUN // 2 + 1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_passes_in_the_child_process(kind: str) -> None:
    isolated.check(artifact(kind))


def test_a_row_that_cannot_be_computed_has_no_score_and_spoils_no_other() -> None:
    """An embedding of a code, which events may have that the model does not know."""
    table = np.arange(10, dtype=np.float32).reshape(10, 1)
    model = graph(
        [node("Cast", "x", "i", to=7), node("Gather", "t i", "g"), node("Squeeze", "g a", "y")],
        [weight("t", table), weight("a", [1], np.int64)],
        shape=("n", 1),
    )
    made = regression(
        model, features=(Feature("code", "int"),), golden_rows=golden_rows(np.array([[3], [4]]), np.array([[3], [4]]))
    )
    codes = np.array([[1], [2], [99], [3], [-50], [9]])
    np.testing.assert_array_equal(scores(verify(made), codes)[:, 0], [1, 2, math.nan, 3, math.nan, 9])


def test_a_session_that_fails_for_every_row_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is not the events: they are delivered again."""
    predictor = verify(artifact())

    def fails(*_: Any) -> None:
        from predictors.onnx.runtime import RuntimeRefused

        raise RuntimeRefused("Run: bad allocation")

    monkeypatch.setattr(predictor._session, "run", fails)  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="bad allocation"):
        predictor.predict(onnx_models.rows(3).tobytes(), 3)


def test_a_matrix_of_another_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected 2 rows of 20 bytes, got 20 bytes"):
        verify(artifact()).predict(bytes(20), 2)


def test_there_are_no_attributions() -> None:
    with pytest.raises(NoAttributions, match="ONNX models have no feature attributions"):
        verify(artifact()).attribute(bytes(20), 1)


@pytest.mark.parametrize("given", [None, ("n", 1), ("n",), ("n", None)])
def test_a_score_may_be_a_column_or_none(given: Any) -> None:
    nodes = [node("MatMul", "x w", "h"), node("Reshape", "h s", "y")]
    flat = weight("s", [-1] if given == ("n",) else [-1, 1], np.int64)
    verify(regression(graph(nodes, [weight("w", WEIGHTS), flat], given=given)))


def test_a_graph_that_computes_across_rows_is_refused() -> None:
    """The mean of the batch in each row: it depends on which events came together."""
    nodes = [node("MatMul", "x w", "h"), node("ReduceMean", "h", "m", axes=[0]), node("Sub", "h m", "y")]
    made = regression(graph(nodes, [weight("w", WEIGHTS)]), lambda m: m @ WEIGHTS - (m @ WEIGHTS).mean(0))
    refused = refusal(made)
    assert (refused.check, "the graph computes across rows" in refused.detail) == ("engines", True)
    with pytest.raises(ArtifactRefused, match="engines check"):
        isolated.check(made)


@pytest.mark.parametrize(
    ("made", "check", "why"),
    [
        (artifact(task="multiclass", output=Output(width=3)), "structure", "expected 3 scores a row"),
        (artifact("network", output=Output(width=4)), "structure", "expected 4 scores a row"),
        (artifact("network", task="regression"), "structure", "output.width: expected 1 for the task regression"),
        (artifact(task="multiclass"), "structure", "output.width: expected at least 2"),
        (artifact(objective="binary:logistic"), "structure", "model.objective: expected null"),
        (artifact(rounds=3), "structure", "model.rounds: expected 0"),
        (artifact(features=FEATURES[:4]), "structure", r"inputs: expected float32 \[n, 4\], got x float32 \[n, 5\]"),
        (regression(graph([node("MatMul", "x w", "y")], [weight("w", WEIGHTS)], shape=(1, COLUMNS))), "structure",
         "export with a free first dimension"),
        (regression(graph([node("MatMul", "x w", "y")], [weight("w", WEIGHTS)], given=(4, 1))), "structure",
         "export with a free first dimension"),
        (regression(graph([node("Cast", "x", "y", to=1)], kind=7)), "structure", "expected float32"),
        (regression(graph([node("MatMul", "x w", "y")], [weight("w", np.ones((3, 1)))])), "load", "CreateSession"),
        (regression(linear(), lambda m: m @ WEIGHTS * 1.001), "golden row", "row 0: expected"),
        (regression(graph([node("Identity", "x", "y")], given=None)), "golden row", "expected 1 scores a row"),
    ],
)  # fmt: skip
def test_what_does_not_agree_with_the_manifest_is_refused(made: Any, check: str, why: str) -> None:
    refused = refusal(made)
    assert (refused.check, bool(re.search(why, refused.detail))) == (check, True), refused.detail


def test_two_inputs_or_outputs_of_numbers_are_refused() -> None:
    from onnx import helper

    two = linear()
    two.graph.output.append(helper.make_tensor_value_info("x", 1, ["n", COLUMNS]))
    assert "outputs: expected one of float32" in refusal(regression(two)).detail
    two = linear()
    two.graph.input.append(helper.make_tensor_value_info("z", 1, ["n", 1]))
    assert "inputs: expected one, float32 [n, 5], got x float32 [n, 5], z float32 [n, 1]" in (
        refusal(regression(two)).detail
    )


def test_a_manifest_without_golden_rows_is_refused() -> None:
    assert refusal(replace(artifact(), manifest=replace(artifact().manifest, golden_rows=()))).check == "golden row"


def test_half_precision_weights_give_scores_of_float32() -> None:
    half = weight("h", WEIGHTS, np.float16)
    model = graph([node("Cast", "h", "w", to=1), node("MatMul", "x w", "y")], [half])
    matrix = onnx_models.rows(5)
    np.testing.assert_allclose(scores(verify(regression(model)), matrix), matrix @ WEIGHTS, rtol=1e-6, atol=1e-6)


def test_parts_are_of_about_the_same_size() -> None:
    assert list(sound_graph._parts(0, ROWS_A_RUN)) == []
    for rows in (1, 2, ROWS_A_RUN, ROWS_A_RUN + 1, 5 * ROWS_A_RUN - 1):
        parts = list(sound_graph._parts(rows, ROWS_A_RUN))
        assert parts[0][0] == 0
        assert parts[-1][1] == rows
        assert all(end - start > 1 or rows == 1 for start, end in parts)
        assert max(end - start for start, end in parts) <= ROWS_A_RUN
    assert list(sound_graph._parts(3, 1)) == [(0, 1), (1, 2), (2, 3)]
