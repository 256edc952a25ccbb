"""XGBoost: models of trees, and linear ones, as `save_model` writes them, in UBJSON or JSON.

The native engine evaluates what it covers, XGBoost's library all others; both give the same bits. Modules are
imported when they are needed: a cold start with a covered model loads neither ctypes nor libxgboost.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.artifact import Artifact
    from predictors.xgboost.sound_trees import SoundTrees

UBJ_FILE, JSON_FILE = "model.ubj", "model.json"
MAX_UBJ_BYTES = 512 * 1024 * 1024
MAX_JSON_BYTES = 64 * 1024 * 1024  # decoded it takes five times that, and the same model in UBJSON an eighth


class XGBoost:
    """The framework `xgboost`: see `predictors.predictor.Framework`."""

    name = "xgboost"
    takes_prepared = False
    package_parts = ("xgboost/lib/*.so", "xgboost_cpu.libs/*")  # libxgboost, and its OpenMP

    @property
    def model_files(self) -> dict[str, int]:
        return {UBJ_FILE: MAX_UBJ_BYTES, JSON_FILE: MAX_JSON_BYTES}

    def verify(self, artifact: Artifact) -> SoundTrees:
        from predictors.xgboost import sound_trees

        return sound_trees.read(artifact)
