"""A model file that passed the structure check, and which engine evaluates it.

The native engine checks the trees that it takes while it reads them, and leaves the rest of the file as a skeleton;
of all other models every check is made here.
"""

from __future__ import annotations

from predictors.errors import EnginesDiffer, ModelUnsound
from predictors.xgboost import JSON_FILE, UBJ_FILE, agreement, model_json, structure, ubj
from predictors.xgboost.native_forest import NativePredictor, native_forest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from model_store.artifact import Artifact
    from model_store.manifest import Manifest
    from native._native import Forest
    from predictors.predictor import Predictor
    from predictors.xgboost.booster import Booster

_DECODERS = {UBJ_FILE: ubj.decode, JSON_FILE: model_json.decode}


def read(artifact: Artifact) -> SoundTrees:
    """Check an artifact's model. Raises ModelUnsound."""
    manifest, model = artifact.manifest, artifact.model
    forest, reason = native_forest(manifest, model)
    if forest is None:
        check_model(manifest, model)
    else:
        skeleton = forest.skeleton
        _checked(manifest, lambda: model_json.decode(skeleton), forest)
    return SoundTrees(manifest, model, forest, reason)


class SoundTrees:
    """See `predictors.predictor.SoundModel`.

    forest : the native engine's, where it covers the model; else None, and `reason` says why.
    """

    def __init__(self, manifest: Manifest, model: bytes, forest: Forest | None, reason: str) -> None:
        self._manifest, self._model, self._forest, self._reason = manifest, model, forest, reason

    def load(self, threads: int) -> Predictor:
        if self._forest is None:
            return load_booster(self._manifest, self._model, threads, self._reason)
        return NativePredictor(self._forest, threads)

    def compare(self, predictor: Predictor) -> None:
        """Compare every bit of both engines' scores, where both can score the model."""
        from predictors.xgboost import engine_parity
        from predictors.xgboost.booster import LibraryMissing, library_path

        if self._forest is None:
            return
        try:
            library_path()
        except LibraryMissing:
            return
        learner = check_model(self._manifest, self._model)["learner"]
        exact = load_booster(self._manifest, self._model, 1, "for comparison")
        try:
            engine_parity.check(learner, predictor, exact)
        except ValueError as error:
            raise EnginesDiffer(str(error)) from None


def check_model(manifest: Manifest, model: bytes) -> dict[str, Any]:
    """The model, decoded and sound. Raises ModelUnsound."""
    return _checked(manifest, lambda: _DECODERS[manifest.file.name](model))


def load_booster(manifest: Manifest, model: bytes, threads: int, reason: str) -> Booster:
    """The model in XGBoost's library, which only those need that the native engine does not cover.

    Raises BoosterError.
    """
    from predictors.xgboost.booster import Booster, LibraryMissing

    try:
        return Booster(model, threads=threads, rounds=manifest.rounds, reason=reason)
    except LibraryMissing as error:
        raise LibraryMissing(f"{error}; it is needed for this model: {reason}") from None


def _checked(manifest: Manifest, decode: Callable[[], Any], forest: Forest | None = None) -> dict[str, Any]:
    """forest : the native engine's, which has checked the trees; they are then left out of what is decoded."""
    try:
        decoded: dict[str, Any] = decode()
        structure.check(
            decoded,
            features=[feature.name for feature in manifest.features],
            classes=manifest.output.width,
            objective=manifest.objective,
            trees=forest is None,
        )
        agreement.check(decoded, manifest, forest.codes if forest else ())
    except ValueError as error:
        raise ModelUnsound(str(error)) from None
    return decoded
