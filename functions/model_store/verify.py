"""The checks that a model artifact passes before it may score, cheapest and safest first.

size cap → SHA-256 → signature → structure → load → golden rows → engines

The signature comes before the structure: unsigned data is not even decoded. Structure, load and engines are
the framework's own (`predictors`). The last check, whether all engines agree, is made only where a model is tried
(`isolated`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from inputs import PreparationUnavailable
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from predictors import FRAMEWORKS
from predictors.errors import EnginesDiffer, ModelNotLoaded, ModelUnsound
from records.faults import Unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.manifest import Manifest
    from predictors.predictor import Predictor, SoundModel

# A Lambda function has at most 10,240 MB of memory, and the decoded model needs several times its file.
MAX_MODEL_BYTES = 512 * 1024 * 1024

# Raises ArtifactRefused for an artifact without a trusted signature.
SignatureCheck = Callable[[Artifact], object]


def verify(
    artifact: Artifact, *, threads: int = 1, signature: SignatureCheck | None = None, compare: bool = False
) -> Predictor:
    """Check an artifact and return its model, loaded. Raises ArtifactRefused, which names the check that failed.

    signature : refuses an artifact that is not signed as it should be (`PublicKeys.check`); None where signing is off.
    compare : let all engines that can score the model's edges, and refuse it unless every bit agrees.
    """
    check_bytes(artifact, signature)
    model = _check_structure(artifact)
    predictor = _load(model, threads)
    scoring = calibrated(artifact.manifest, predictor)
    _check_golden_rows(artifact.manifest, scoring)
    if compare:
        _check_engines(model, predictor)
    return scoring


def calibrated(manifest: Manifest, predictor: Predictor) -> Predictor:
    """The model with the manifest's calibrator, if it has one."""
    if manifest.output.calibration is None:
        return predictor
    from predictors.calibrated import CalibratedPredictor

    return CalibratedPredictor(predictor, manifest.output.calibration)


def check_bytes(artifact: Artifact, signature: SignatureCheck | None = None) -> None:
    """The checks that read the bytes and decode nothing: size, SHA-256, signature. Raises ArtifactRefused."""
    _check_size(artifact.manifest, artifact.model)
    _check_digest(artifact.manifest, artifact.model)
    if signature is not None:
        signature(artifact)


def _check_size(manifest: Manifest, model: bytes) -> None:
    file = manifest.file
    limit = min(MAX_MODEL_BYTES, FRAMEWORKS[manifest.framework.name].model_files[file.name])
    if len(model) > limit:
        raise ArtifactRefused("size", f"{file.name}: expected at most {limit} bytes, got {len(model)}")
    if len(model) != file.size:
        raise ArtifactRefused("size", f"expected the manifest's {file.size} bytes, got {len(model)}")


def _check_digest(manifest: Manifest, model: bytes) -> None:
    found = hashlib.sha256(model).hexdigest()
    if found != manifest.file.sha256:
        raise ArtifactRefused("SHA-256", f"expected the manifest's {manifest.file.sha256}, got {found}")


def _check_structure(artifact: Artifact) -> SoundModel:
    try:
        return FRAMEWORKS[artifact.manifest.framework.name].verify(artifact)
    except ModelUnsound as error:
        raise ArtifactRefused("structure", str(error)) from None


def _load(model: SoundModel, threads: int) -> Predictor:
    try:
        return model.load(threads)
    except ModelNotLoaded as error:
        raise ArtifactRefused("load", str(error)) from None


def _check_engines(model: SoundModel, predictor: Predictor) -> None:
    try:
        model.compare(predictor)
    except ModelNotLoaded as error:
        raise ArtifactRefused("load", str(error)) from None
    except ModelUnsound as error:
        raise ArtifactRefused("structure", str(error)) from None
    except EnginesDiffer as error:
        raise ArtifactRefused("engines", str(error)) from None


def _check_golden_rows(manifest: Manifest, predictor: Predictor) -> None:
    if not manifest.golden_rows:
        raise ArtifactRefused("golden row", "expected at least one golden row in the manifest")
    rows, inputs = manifest.golden_rows, _golden_inputs(manifest)
    try:
        scores = predictor.predict(b"".join(inputs), len(rows))
    except (RuntimeError, ValueError, OverflowError) as error:
        raise ArtifactRefused("golden row", str(error)) from None
    expected = [score for row in rows for score in row.scores]
    if not len(expected) == len(scores) == len(rows) * manifest.output.width:
        wanted = f"{manifest.output.width} scores a row in the manifest and from the model"
        raise ArtifactRefused("golden row", f"expected {wanted}, got {len(expected)} and {len(scores)} in all")
    wrong = manifest.tolerance.first_beyond(expected, scores)
    if wrong is not None:
        row = wrong // manifest.output.width
        raise ArtifactRefused("golden row", f"row {row}: expected {expected[wrong]}, got {scores[wrong]}")


def _golden_inputs(manifest: Manifest) -> list[bytes]:
    """The golden rows as the model takes them; texts and images are prepared bit for bit as they were."""
    try:
        inputs = manifest.golden_inputs()
    except PreparationUnavailable as error:
        raise ArtifactRefused("load", str(error)) from None
    except OverflowError as error:
        raise ArtifactRefused("golden row", str(error)) from None
    except Unfit as unfit:
        raise ArtifactRefused(
            "golden row", f"expected inputs that can be prepared: {unfit.code}: {unfit.detail}"
        ) from None
    if manifest.preparation is not None:
        for number, (row, prepared) in enumerate(zip(manifest.golden_rows, inputs, strict=True)):
            if (found := hashlib.sha256(prepared).hexdigest()) != row.prepared:
                expected = f"expected to be prepared as when the model was made, SHA-256 {row.prepared:.64}"
                raise ArtifactRefused("golden row", f"row {number}: {expected}, got {found}")
    return inputs
