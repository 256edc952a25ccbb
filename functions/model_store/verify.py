"""The checks that a model artifact passes before it may score, cheapest and safest first.

size cap → SHA-256 → signature → structure → load → golden rows → engines

The signature comes before the structure: what nobody vouches for is not even decoded. The native engine checks the
trees that it takes while it reads them; of all other models every check is made here. The last check, whether both
engines agree, is made only where a model is tried (`isolated`).
"""

import hashlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.manifest import JSON_FILE, UBJ_FILE, Manifest
from predictors.predictor import Predictor
from predictors.xgboost import agreement, model_json, structure, ubj
from predictors.xgboost.native_forest import NativePredictor, native_forest

if TYPE_CHECKING:
    from native._native import Forest
    from predictors.xgboost.booster import Booster

# A Lambda function has at most 10,240 MB of memory, and the decoded model needs several times its file.
MAX_MODEL_BYTES = 512 * 1024 * 1024
MAX_JSON_BYTES = 64 * 1024 * 1024  # decoded it takes five times that, and the same model in UBJSON an eighth
GOLDEN_TOLERANCE = 1e-6
_DECODERS = {UBJ_FILE: ubj.decode, JSON_FILE: model_json.decode}

# Raises ArtifactRefused for an artifact that nobody trusted signed.
SignatureCheck = Callable[[Artifact], object]


def verify(
    artifact: Artifact, *, threads: int = 1, signature: SignatureCheck | None = None, compare: bool = False
) -> Predictor:
    """Check an artifact and return its model, loaded. Raises ArtifactRefused, which names the check that failed.

    signature : refuses an artifact that is not signed as it should be (`PublicKeys.check`); None where signing is off.
    compare : let both engines score the model's edges, where both are there, and refuse it unless every bit agrees.
    """
    check_bytes(artifact, signature)
    manifest, model = artifact.manifest, artifact.model
    forest, reason = native_forest(manifest, model)
    predictor: Predictor
    if forest is None:
        _check_structure(manifest, model)
        predictor = _load(manifest, model, threads, reason)
    else:
        _check_skeleton(manifest, forest)
        predictor = NativePredictor(forest, threads)
    _check_golden_rows(manifest, predictor)
    if compare and forest is not None:
        _check_engines(manifest, model, predictor)
    return predictor


def check_bytes(artifact: Artifact, signature: SignatureCheck | None = None) -> None:
    """The checks that read the bytes and decode nothing: size, SHA-256, signature. Raises ArtifactRefused."""
    _check_size(artifact.manifest, artifact.model)
    _check_digest(artifact.manifest, artifact.model)
    if signature is not None:
        signature(artifact)


def _check_size(manifest: Manifest, model: bytes) -> None:
    limit = MAX_JSON_BYTES if manifest.model.name == JSON_FILE else MAX_MODEL_BYTES
    if len(model) > limit:
        raise ArtifactRefused("size", f"{manifest.model.name}: expected at most {limit} bytes, got {len(model)}")
    if len(model) != manifest.model.size:
        raise ArtifactRefused("size", f"expected the manifest's {manifest.model.size} bytes, got {len(model)}")


def _check_digest(manifest: Manifest, model: bytes) -> None:
    found = hashlib.sha256(model).hexdigest()
    if found != manifest.model.sha256:
        raise ArtifactRefused("SHA-256", f"expected the manifest's {manifest.model.sha256}, got {found}")


def _check_structure(manifest: Manifest, model: bytes) -> dict[str, Any]:
    """The model, decoded and sound."""
    return _checked(manifest, lambda: _DECODERS[manifest.model.name](model), trees=True)


def _check_skeleton(manifest: Manifest, forest: "Forest") -> None:
    """What is left to check where the native engine has read the model, and checked its trees."""
    _checked(manifest, lambda: model_json.decode(forest.skeleton.encode()), trees=False)


def _checked(manifest: Manifest, decode: Callable[[], Any], *, trees: bool) -> dict[str, Any]:
    try:
        decoded: dict[str, Any] = decode()
        structure.check(
            decoded,
            features=[feature.name for feature in manifest.features],
            classes=manifest.output.classes,
            objective=manifest.objective,
            trees=trees,
        )
        agreement.check(decoded, manifest)
    except ValueError as error:
        raise ArtifactRefused("structure", str(error)) from None
    return decoded


def _load(manifest: Manifest, model: bytes, threads: int, reason: str) -> "Booster":
    """By XGBoost's library, which only such models need."""
    from predictors.xgboost.booster import Booster, BoosterError, LibraryMissing

    try:
        return Booster(model, threads=threads, iterations=manifest.iterations, reason=reason)
    except LibraryMissing as error:
        raise ArtifactRefused("load", f"{error}; it is needed for this model: {reason}") from None
    except BoosterError as error:
        raise ArtifactRefused("load", str(error)) from None


def _check_engines(manifest: Manifest, model: bytes, native: Predictor) -> None:
    from predictors.xgboost import engine_parity as engines
    from predictors.xgboost.booster import LibraryMissing, library_path

    try:
        library_path()
    except LibraryMissing:
        return
    decoded = _check_structure(manifest, model)
    exact = _load(manifest, model, 1, "for comparison")
    try:
        engines.check(decoded["learner"], native, exact)
    except ValueError as error:
        raise ArtifactRefused("engines", str(error)) from None


def _check_golden_rows(manifest: Manifest, predictor: Predictor) -> None:
    if not manifest.golden_rows:
        raise ArtifactRefused("golden row", "expected at least one golden row in the manifest")
    rows = manifest.golden_rows
    try:
        scores = predictor.predict(b"".join(row.packed() for row in rows), len(rows))
    except (RuntimeError, ValueError, OverflowError) as error:
        raise ArtifactRefused("golden row", str(error)) from None
    expected = [score for row in rows for score in row.scores]
    if not len(expected) == len(scores) == len(rows) * manifest.output.classes:
        wanted = f"{manifest.output.classes} scores a row in the manifest and from the model"
        raise ArtifactRefused("golden row", f"expected {wanted}, got {len(expected)} and {len(scores)} in all")
    for i, (want, got) in enumerate(zip(expected, scores, strict=True)):
        if not math.isfinite(got) or not math.isclose(want, got, rel_tol=GOLDEN_TOLERANCE, abs_tol=GOLDEN_TOLERANCE):
            raise ArtifactRefused("golden row", f"row {i // manifest.output.classes}: expected {want}, got {got}")
