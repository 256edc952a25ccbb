"""The model store of a stack: what its scorer cannot load, for lack of a library or of memory, is not published."""

from typing import Any

from model_store import memory as needs
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.release import Pointer
from model_store.store import ModelStore
from predictors.onnx import Onnx
from predictors.xgboost import XGBoost
from predictors.xgboost.native_forest import native_forest

IMAGE = "image"  # the kind of input


class CoveredOnly(ModelStore):
    """Takes the models that the scorer of a stack can score.

    args : of `ModelStore`. xgboost, onnx, images : whether its package contains the library. memory : the bytes of the
    smallest function that loads the model; None: not known.
    """

    def __init__(self, *args: Any, xgboost: bool, onnx: bool, images: bool, memory: int | None = None) -> None:
        super().__init__(*args, memory=memory)
        self._xgboost, self._onnx, self._images = xgboost, onnx, images

    def publish(self, artifact: Artifact) -> Pointer:
        """As `ModelStore.publish`. Raises ArtifactRefused for a model that needs what is not there, before anything is
        stored.
        """
        file = artifact.manifest.file
        needs.check(file.name, file.size, self._memory, alongside=False)
        framework = artifact.manifest.framework.name
        if framework == Onnx.name and not self._onnx:
            raise ArtifactRefused(
                "load", "expected a stack whose scorer has ONNX Runtime: set `onnx = true` in its tfvars and deploy it"
            )
        preparation = artifact.manifest.preparation
        if preparation is not None and preparation.name == IMAGE and not self._images:
            raise ArtifactRefused(
                "load", "expected a stack whose scorer has Pillow: set `images = true` in its tfvars and deploy it"
            )
        if framework == XGBoost.name and not self._xgboost:
            forest, reason = native_forest(artifact.manifest, artifact.model)
            if forest is None:
                raise ArtifactRefused(
                    "load",
                    "expected a model that the native engine covers, as the scorer of this stack has no libxgboost "
                    f"(`xgboost = false` in its tfvars): {reason}",
                )
        return super().publish(artifact)
