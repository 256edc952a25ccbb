"""ONNX Runtime through its C API: load a graph, run it on tensors. No numpy, no protobuf, nothing imported early.

https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_c_api.h: the API is a
table of functions, to which later versions only add.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import weakref
from array import array
from ctypes import byref, c_char_p, c_int, c_int64, c_size_t, c_void_p
from functools import cache
from pathlib import Path

from predictors.errors import ModelNotLoaded
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

API_VERSION = 17  # the first table that has all functions below in the form that is called
TELEMETRY = "ORT_DISABLE_TELEMETRY"
# By name: the place in the table, and the types of the arguments.
_FUNCTIONS: dict[str, tuple[int, tuple[Any, ...]]] = {
    "CreateEnv": (3, (c_int, c_char_p, c_void_p)),
    "CreateSessionFromArray": (8, (c_void_p, c_char_p, c_size_t, c_void_p, c_void_p)),
    "Run": (9, (c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p)),
    "CreateSessionOptions": (10, (c_void_p,)),
    "SetSessionLogSeverityLevel": (22, (c_void_p, c_int)),
    "SetSessionGraphOptimizationLevel": (23, (c_void_p, c_int)),
    "SetIntraOpNumThreads": (24, (c_void_p, c_int)),
    "SetInterOpNumThreads": (25, (c_void_p, c_int)),
    "CreateTensorWithDataAsOrtValue": (
        49,
        (c_void_p, c_char_p, c_size_t, c_void_p, c_size_t, c_int, c_void_p),
    ),
    "GetTensorMutableData": (51, (c_void_p, c_void_p)),
    "GetTensorElementType": (60, (c_void_p, c_void_p)),
    "GetDimensionsCount": (61, (c_void_p, c_void_p)),
    "GetDimensions": (62, (c_void_p, c_void_p, c_size_t)),
    "GetTensorTypeAndShape": (65, (c_void_p, c_void_p)),
    "CreateCpuMemoryInfo": (69, (c_int, c_int, c_void_p)),
    "AddSessionConfigEntry": (130, (c_void_p, c_char_p, c_char_p)),
}
# The functions that return nothing.
_RELEASES = {
    "ReleaseStatus": 93,
    "ReleaseSession": 95,
    "ReleaseValue": 96,
    "ReleaseTensorTypeAndShapeInfo": 99,
    "ReleaseSessionOptions": 100,
}
_GET_ERROR_MESSAGE = 2
_TABLE_SIZE = 131
_ONLY_FATAL, _ALL_OPTIMISATIONS, _FLOAT = 4, 99, 1


class RuntimeRefused(ModelNotLoaded):
    """ONNX Runtime refused a call; the message is its own first line."""


class RuntimeMissing(RuntimeRefused):
    """There is no libonnxruntime: the package was built without it."""


class RunInput(Value):
    """An input of a run. kind : the type of its elements, as ONNX numbers it. data : row-major."""

    name: bytes
    kind: int
    shape: tuple[int, ...]
    data: bytes


@cache
def library_path() -> Path:
    """libonnxruntime of the installed or packaged onnxruntime, found without importing its Python package.

    Raises RuntimeMissing.
    """
    spec = importlib.util.find_spec("onnxruntime")
    roots = [] if spec is None else spec.submodule_search_locations or []
    for root in roots:
        for path in sorted(Path(root, "capi").glob("libonnxruntime.so.*")):
            return path
    raise RuntimeMissing(
        "libonnxruntime not found: expected onnxruntime/capi on the Python path; build the package with it: set onnx "
        "to true in the tfvars"
    )


class _ApiBase(ctypes.Structure):
    _fields_ = (
        ("GetApi", ctypes.CFUNCTYPE(c_void_p, ctypes.c_uint32)),
        ("GetVersionString", ctypes.CFUNCTYPE(c_char_p)),
    )


class _Api:
    """The library's functions, an environment, and what tensors of the caller's memory need."""

    def __init__(self) -> None:
        # Read when the library is loaded: else it starts a thread, writes a device id, and looks up a host.
        os.environ[TELEMETRY] = "1"
        library = ctypes.CDLL(str(library_path()))
        library.OrtGetApiBase.restype = ctypes.POINTER(_ApiBase)
        base = library.OrtGetApiBase().contents
        self.version: str = base.GetVersionString().decode()
        if not (table := base.GetApi(API_VERSION)):
            raise RuntimeRefused(f"expected version {API_VERSION} of the C API, ONNX Runtime {self.version} has it not")
        addresses = (c_size_t * _TABLE_SIZE).from_address(table)
        self._functions: dict[str, Callable[..., Any]] = {
            name: ctypes.CFUNCTYPE(c_void_p, *types)(addresses[place]) for name, (place, types) in _FUNCTIONS.items()
        }
        self.release = {name: ctypes.CFUNCTYPE(None, c_void_p)(addresses[place]) for name, place in _RELEASES.items()}
        self._message = ctypes.CFUNCTYPE(c_char_p, c_void_p)(addresses[_GET_ERROR_MESSAGE])
        self.environment, self.memory = c_void_p(), c_void_p()
        self("CreateEnv", _ONLY_FATAL, b"millrace", byref(self.environment))
        self("CreateCpuMemoryInfo", 0, 0, byref(self.memory))

    def __call__(self, function: str, *arguments: Any) -> None:
        """Raises RuntimeRefused."""
        if status := self._functions[function](*arguments):
            reason = self._message(status).decode("utf-8", "replace").strip().partition("\n")[0]
            self.release["ReleaseStatus"](status)
            raise RuntimeRefused(f"{function}: {reason:.500}")


_api = cache(_Api)


class GraphSession:
    """A loaded graph. Only checked bytes belong here: see `structure`.

    threads : for one run, which wait without spinning.
    """

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        api, options, handle = _api(), c_void_p(), c_void_p()
        api("CreateSessionOptions", byref(options))
        try:
            api("SetSessionLogSeverityLevel", options, _ONLY_FATAL)
            api("SetSessionGraphOptimizationLevel", options, _ALL_OPTIMISATIONS)
            api("SetIntraOpNumThreads", options, threads)
            api("SetInterOpNumThreads", options, 1)
            api("AddSessionConfigEntry", options, b"session.intra_op.allow_spinning", b"0")
            api("CreateSessionFromArray", api.environment, model, len(model), options, byref(handle))
        finally:
            api.release["ReleaseSessionOptions"](options)
        self._handle = handle
        weakref.finalize(self, api.release["ReleaseSession"], handle).atexit = False

    def run(self, tensors: Sequence[RunInput], output: bytes) -> tuple[tuple[int, ...], array[float]]:
        """Shape and elements (float32, row-major) of one output. Raises RuntimeRefused."""
        api, values, result = _api(), (c_void_p * len(tensors))(), c_void_p()
        names = (c_char_p * len(tensors))(*(tensor.name for tensor in tensors))
        try:
            for i, tensor in enumerate(tensors):
                values[i] = _value(api, tensor)
            outputs, results = (c_char_p * 1)(output), (c_void_p * 1)()
            api("Run", self._handle, None, names, values, len(tensors), outputs, 1, results)
            result = c_void_p(results[0])
            return _elements(api, result)
        finally:
            for value in (*values, result):
                api.release["ReleaseValue"](value)


def _value(api: _Api, tensor: RunInput) -> int | None:
    """A tensor of the caller's memory, which must stay as it is until the run is over."""
    shape, value = (c_int64 * len(tensor.shape))(*tensor.shape), c_void_p()
    data, size = tensor.data, len(tensor.data)
    api(
        "CreateTensorWithDataAsOrtValue",
        api.memory, data, size, shape, len(tensor.shape), tensor.kind, byref(value),
    )  # fmt: skip
    return value.value


def _elements(api: _Api, value: c_void_p) -> tuple[tuple[int, ...], array[float]]:
    info, kind, rank, address = c_void_p(), c_int(), c_size_t(), c_void_p()
    api("GetTensorTypeAndShape", value, byref(info))
    try:
        api("GetTensorElementType", info, byref(kind))
        api("GetDimensionsCount", info, byref(rank))
        dimensions = (c_int64 * rank.value)()
        api("GetDimensions", info, dimensions, rank.value)
    finally:
        api.release["ReleaseTensorTypeAndShapeInfo"](info)
    if kind.value != _FLOAT:
        raise RuntimeRefused(f"expected scores of float32, got elements of ONNX's type {kind.value}")
    shape, count = tuple(dimensions), 1
    for size in shape:
        count *= size
    scores: array[float] = array("f")
    if count:
        api("GetTensorMutableData", value, byref(address))
        scores.frombytes(ctypes.string_at(address, count * scores.itemsize))
    return shape, scores
