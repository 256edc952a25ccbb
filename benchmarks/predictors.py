"""Everything that can evaluate the model's trees, on one thread, from a float32 matrix that is ready."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine import native
from benchmarks.worker import Skip
from benchmarks.workload import Size, Workload

Predict = Callable[[Any], Any]
FOREST, IN_PLACE, TL2CGEN = "Millrace's trees", "inplace_predict", "tl2cgen"
# The scores of two of them may differ by so much: others add the leaves up in another order.
TOLERANCE = 1e-4


class BenchmarkedPredictor:
    """A contestant: the scores of `size` rows."""

    def __init__(self, size: Size, name: str) -> None:
        workload = Workload(size)
        self._workload, self._predict = workload, MAKERS[name](workload)

    def prepare(self, size: int) -> Any:
        return self._workload.matrix(size)

    def run(self, prepared: Any) -> Any:
        return self._predict(prepared)


def _forest(workload: Workload) -> Predict:
    forest = native().Forest(workload.model_file.read_bytes())
    return lambda matrix: forest.scores(matrix, len(matrix))


def _c_api(workload: Workload) -> Predict:
    from predictors.xgboost.booster import Booster

    predict = Booster(workload.model_file.read_bytes()).predict
    return lambda matrix: predict(matrix.tobytes(), len(matrix))


def _in_place(workload: Workload) -> Predict:
    from benchmarks.peers import common

    return common.load(workload.model_file).inplace_predict


def _matrix(workload: Workload) -> Predict:
    import xgboost as xgb

    from benchmarks.peers import common

    booster = common.load(workload.model_file)
    booster.feature_names = None
    return lambda matrix: booster.predict(xgb.DMatrix(matrix, nthread=1))


def _onnx(workload: Workload) -> Predict:
    from benchmarks.peers import common

    booster = common.load(workload.model_file)
    booster.feature_names = None  # the converter takes names of its own only
    return onnx(booster, workload.size.features)


def onnx(booster: Any, features: int, first: int = 1) -> Predict:
    """A booster in onnxruntime: the probabilities from class `first` on."""
    import onnxruntime
    from onnxmltools import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    onnxruntime.disable_telemetry_events()
    graph = convert_xgboost(booster, initial_types=[("input", FloatTensorType([None, features]))])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda matrix: session.run(["probabilities"], {"input": matrix})[0][:, first:]


def _gtil(workload: Workload) -> Predict:
    import treelite

    model = treelite.frontend.load_xgboost_model(str(workload.model_file), format_choice="ubjson")
    return lambda matrix: treelite.gtil.predict(model, matrix, nthread=1)


def _tl2cgen(workload: Workload) -> Predict:
    import tl2cgen
    import treelite

    if not (compiler := shutil.which("gcc")):
        raise Skip("tl2cgen needs a C compiler: gcc was not found")
    library = workload.folder / "tl2cgen.so"
    if not library.exists():
        model = treelite.frontend.load_xgboost_model(str(workload.model_file), format_choice="ubjson")
        tl2cgen.export_lib(model, toolchain=Path(compiler).name, libpath=library, params={"parallel_comp": 4})
    predictor = tl2cgen.Predictor(str(library), nthread=1)
    return lambda matrix: predictor.predict(tl2cgen.DMatrix(matrix))


MAKERS: dict[str, Callable[[Workload], Predict]] = {
    FOREST: _forest,
    IN_PLACE: _in_place,
    "XGBoost's C API": _c_api,
    "DMatrix, predict": _matrix,
    "onnxruntime": _onnx,
    "treelite GTIL": _gtil,
    TL2CGEN: _tl2cgen,
}


def scores(result: Any) -> Any:
    """Whatever a predictor gave, as one score a row."""
    if isinstance(result, bytearray):
        return np.frombuffer(result, np.float32)
    return np.asarray(result, dtype=np.float32).reshape(-1)
