"""ONNX: networks and linear models as ONNX files, evaluated by ONNX Runtime through its C API.

Modules are imported when they are needed: a cold start with another framework's model loads nothing of them.
"""

from __future__ import annotations

from predictors.errors import ModelUnsound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.artifact import Artifact
    from predictors.onnx.sound_graph import SoundGraph

MODEL_FILE = "model.onnx"
MAX_BYTES = 512 * 1024 * 1024


class Onnx:
    """The framework `onnx`: see `predictors.predictor.Framework`."""

    name = "onnx"
    takes_prepared = True
    package_parts = ("onnxruntime/capi/libonnxruntime.so.*",)

    @property
    def model_files(self) -> dict[str, int]:
        return {MODEL_FILE: MAX_BYTES}

    def verify(self, artifact: Artifact) -> SoundGraph:
        try:
            from predictors.onnx import sound_graph
        except ImportError:
            raise ModelUnsound(
                "expected a package with ONNX Runtime, this one was built without: set onnx = true in the tfvars"
            ) from None
        return sound_graph.read(artifact)
