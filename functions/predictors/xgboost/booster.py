"""XGBoost through its C API: load a model, score a float32 matrix. No numpy, no scipy, nothing imported early.

https://xgboost.readthedocs.io/en/stable/c.html: XGBoosterPredictFromDense reads the matrix in place, by the
address in its array interface.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import sys
import weakref
from array import array
from functools import cache
from pathlib import Path

from predictors.errors import ModelNotLoaded
from predictors.xgboost.structure import LINEAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What a prediction is, in the C API.
SCORES, MARGIN, CONTRIBUTIONS = 0, 1, 2
_FLOATS = ctypes.POINTER(ctypes.c_float)
_LENGTHS = ctypes.POINTER(ctypes.c_uint64)
_SUFFIX = {"darwin": "dylib", "win32": "dll"}.get(sys.platform, "so")


class BoosterError(ModelNotLoaded):
    """XGBoost refused a call; the message is its own first line."""


class LibraryMissing(BoosterError):
    """There is no libxgboost: the package was built without it, and the model needs it."""


@cache
def library_path() -> Path:
    """libxgboost of the installed or packaged xgboost, found without importing its Python package.

    Raises LibraryMissing.
    """
    spec = importlib.util.find_spec("xgboost")
    roots = [] if spec is None else spec.submodule_search_locations or []
    for root in roots:
        for path in Path(root, "lib").glob(f"*xgboost.{_SUFFIX}"):
            return path
    raise LibraryMissing("libxgboost not found: expected xgboost/lib on the Python path; build the package with it")


@cache
def _library() -> ctypes.CDLL:
    # Threads that wait sleep instead of spinning; read by the library when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    library = ctypes.CDLL(str(library_path()))
    library.XGBGetLastError.restype = ctypes.c_char_p
    _call(library, "XGBSetGlobalConfig", b'{"verbosity": 0}')
    return library


def _call(library: ctypes.CDLL, function: str, *arguments: Any) -> None:
    if getattr(library, function)(*arguments) != 0:
        reason = library.XGBGetLastError().decode("utf-8", "replace").strip().partition("\n")[0]
        raise BoosterError(f"{function}: {reason}")


def xgboost_version() -> str:
    parts = [ctypes.c_int() for _ in range(3)]
    _library().XGBoostVersion(*(ctypes.byref(part) for part in parts))
    return ".".join(str(part.value) for part in parts)


class Booster:
    """A loaded model. Only verified bytes belong here: XGBoost's loader trusts them (see `verify`).

    Parameters
    ----------
    model : the bytes of a model file.
    threads : threads for one predict call.
    rounds : boosting rounds that count; 0 means all of them.
    reason : why this engine evaluates it, and not the native one.
    """

    engine = "xgboost"

    def __init__(self, model: bytes, *, threads: int = 1, rounds: int = 0, reason: str = "") -> None:
        self.reason = reason
        library = _library()
        handle = ctypes.c_void_p()
        _call(library, "XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(handle))
        self._handle = handle
        weakref.finalize(self, library.XGBoosterFree, handle)
        _call(library, "XGBoosterLoadModelFromBuffer", handle, model, ctypes.c_uint64(len(model)))
        _call(library, "XGBoosterSetParam", handle, b"nthread", str(threads).encode())
        self._options, self._threads = _predict_options(rounds), threads
        self._margins, self._contributions = (_predict_options(rounds, kind) for kind in (MARGIN, CONTRIBUTIONS))
        self._in_place = _booster_name(handle) != LINEAR

    def predict(self, matrix: bytes | bytearray, rows: int) -> array[float]:
        """Scores of a row-major float32 matrix with `rows` rows, NaN for missing values.

        Returns rows × classes scores (float32), row by row. Raises BoosterError.
        """
        return self._predict(matrix, rows, self._options, in_place=self._in_place)

    def attribute(self, matrix: bytes | bytearray, rows: int) -> tuple[array[float], array[float]]:
        """As `Predictor.attribute`: XGBoost's `pred_contribs`, in float32. Raises BoosterError."""
        margins = self._predict(matrix, rows, self._margins, in_place=False)
        values = array("d", self._predict(matrix, rows, self._contributions, in_place=False))
        return margins, values

    def _predict(self, matrix: bytes | bytearray, rows: int, options: bytes, *, in_place: bool) -> array[float]:
        scores: array[float] = array("f")
        if rows == 0:
            return scores
        buffer = (ctypes.c_char * len(matrix)).from_buffer_copy(matrix)
        interface = _array_interface(ctypes.addressof(buffer), rows, len(matrix) // (4 * rows))
        shape, dimensions, result = _LENGTHS(), ctypes.c_uint64(), _FLOATS()
        answer = (ctypes.byref(shape), ctypes.byref(dimensions), ctypes.byref(result))
        if in_place:
            _call(_library(), "XGBoosterPredictFromDense", self._handle, interface, options, None, *answer)
        else:
            matrix_handle = _matrix_of(interface, self._threads)
            try:
                _call(_library(), "XGBoosterPredictFromDMatrix", self._handle, matrix_handle, options, *answer)
            finally:
                _library().XGDMatrixFree(matrix_handle)
        count = 1
        for i in range(dimensions.value):
            count *= shape[i]
        scores.frombytes(ctypes.string_at(result, count * 4))
        return scores


def _booster_name(handle: ctypes.c_void_p) -> str:
    """`gbtree`, `dart` or `gblinear`, as XGBoost took the model."""
    length, text = ctypes.c_uint64(), ctypes.c_char_p()
    _call(_library(), "XGBoosterSaveJsonConfig", handle, ctypes.byref(length), ctypes.byref(text))
    name: str = json.loads(text.value or b"{}")["learner"]["gradient_booster"]["name"]
    return name


def _matrix_of(interface: bytes, threads: int) -> ctypes.c_void_p:
    """XGBoost's copy of a matrix, which linear models need; the caller frees it."""
    handle = ctypes.c_void_p()
    config = json.dumps({"missing": float("nan"), "nthread": threads}).encode()
    _call(_library(), "XGDMatrixCreateFromDense", interface, config, ctypes.byref(handle))
    return handle


def _predict_options(rounds: int, kind: int = SCORES) -> bytes:
    """`NaN` is how the C API itself spells a missing value in its JSON."""
    options = {
        "type": kind, "training": False, "iteration_begin": 0, "iteration_end": rounds,
        "missing": float("nan"), "strict_shape": True, "cache_id": 0,
    }  # fmt: skip
    return json.dumps(options).encode()


def _array_interface(address: int, rows: int, columns: int) -> bytes:
    """https://numpy.org/doc/stable/reference/arrays.interface.html, version 3."""
    order = "<" if sys.byteorder == "little" else ">"
    interface = {"data": [address, True], "shape": [rows, columns], "typestr": f"{order}f4", "version": 3}
    return json.dumps(interface).encode()
