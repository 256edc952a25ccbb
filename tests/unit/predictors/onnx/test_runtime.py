"""ONNX Runtime through its C API: what it is given, what it answers, and what it does besides: nothing."""

import os
import subprocess
import sys
from array import array
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from predictors.onnx import runtime
from predictors.onnx.runtime import GraphSession, RunInput, RuntimeMissing, RuntimeRefused
from predictors.onnx.tensors import FLOAT, INT64
from tests.fakes import onnx_models
from tests.fakes.onnx_models import graph, linear, node, weight

# Loads a model as a scorer does, in a folder of its own as home and temporary folder; then prints what there is of the
# process: its threads, and what its files are, but for standard streams.
LOADS = """
import os, sys
from pathlib import Path
from predictors.onnx.runtime import GraphSession, RunInput
session = GraphSession(Path(sys.argv[1]).read_bytes(), threads=int(sys.argv[2]))
session.run([RunInput(b"x", 1, (2, 5), bytes(40))], b"y")
print(len(os.listdir("/proc/self/task")))
files = [os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if int(number) > 2
         and os.path.lexists(f"/proc/self/fd/{number}")]
print([file for file in files if "/proc/" not in file])
"""


def run(session: GraphSession, matrix: np.ndarray, output: bytes = b"y") -> tuple[tuple[int, ...], array]:
    return session.run([RunInput(b"x", FLOAT, matrix.shape, matrix.tobytes())], output)


def test_the_version_is_the_one_that_is_locked() -> None:
    assert runtime._api().version == onnxruntime.__version__


def test_a_graph_is_run_as_the_python_package_runs_it() -> None:
    model, matrix = linear().SerializeToString(), onnx_models.rows(7)
    shape, scores = run(GraphSession(model), matrix)
    (expected,) = onnxruntime.InferenceSession(model).run(["y"], {"x": matrix})
    assert shape == (7, 1)
    assert scores.tobytes() == expected.tobytes()


def test_tensors_of_integers_are_taken() -> None:
    model = graph([node("Cast", "x", "y", to=FLOAT)], shape=("n",), given=("n",), kind=INT64)
    tensor = RunInput(b"x", INT64, (3,), array("q", [1, -2, 2**40]).tobytes())
    assert list(GraphSession(model.SerializeToString()).run([tensor], b"y")[1]) == [1.0, -2.0, 2.0**40]


def test_a_result_without_elements_is_empty() -> None:
    assert run(GraphSession(linear().SerializeToString()), onnx_models.rows(0)) == ((0, 1), array("f"))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (b"no model", "CreateSessionFromArray: .*"),
        (graph([node("MatMul", "x w", "y")], [weight("w", np.ones((3, 1)))]).SerializeToString(), "CreateSession.*"),
        (graph([node("Add", "x b", "y"), node("Add", "x y", "b")]).SerializeToString(), "CreateSession.*"),
    ],
)
def test_what_the_runtime_refuses_is_said_in_one_line(model: bytes, why: str) -> None:
    with pytest.raises(RuntimeRefused, match=why) as caught:
        GraphSession(model)
    assert "\n" not in str(caught.value)


def test_a_run_that_fails_leaves_the_session_as_it_was() -> None:
    session, matrix = GraphSession(linear().SerializeToString()), onnx_models.rows(2)
    before = run(session, matrix)
    with pytest.raises(RuntimeRefused, match="Run"):
        run(session, matrix[:, :3])
    with pytest.raises(RuntimeRefused, match="Run"):
        run(session, matrix, b"nothing")
    with pytest.raises(RuntimeRefused, match="CreateTensorWithDataAsOrtValue"):
        session.run([RunInput(b"x", FLOAT, (2, 5), bytes(8))], b"y")
    assert run(session, matrix) == before


def test_scores_of_another_type_are_refused() -> None:
    model = graph([node("Cast", "x", "d", to=INT64), node("Cast", "d", "y", to=FLOAT)])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("d", INT64, None))
    with pytest.raises(RuntimeRefused, match="scores of float32, got elements of ONNX's type 7"):
        run(GraphSession(model.SerializeToString()), onnx_models.rows(2), b"d")


@pytest.mark.parametrize("threads", [1, 2])
def test_loading_and_running_starts_no_thread_opens_no_file_and_writes_none(tmp_path: Path, threads: int) -> None:
    """The library's telemetry does all three: an environment without it is what the scorer makes."""
    home, model = tmp_path / "home", tmp_path / "m.onnx"
    home.mkdir()
    model.write_bytes(linear().SerializeToString())
    folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(home))
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", LOADS, str(model), str(threads)],
        env=folders | {"PYTHONPATH": ":".join(sys.path)},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(threads), "[]"]  # the pool has threads - 1, and the main one works too
    assert list(home.iterdir()) == []


def test_telemetry_is_off_before_the_library_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the library starts a thread that writes a device id and looks up a host, as soon as it is opened."""
    opened = []

    def opens(path: str) -> None:
        opened.append((Path(path).name, os.environ.get("ORT_DISABLE_TELEMETRY")))
        raise OSError("not opened")

    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setattr(runtime.ctypes, "CDLL", opens)
    with pytest.raises(OSError, match="not opened"):
        runtime._Api()
    assert opened == [(f"libonnxruntime.so.{onnxruntime.__version__}", "1")]


def test_a_package_without_the_library_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeMissing, match="set onnx to true in the tfvars"):
        runtime.library_path.__wrapped__()
