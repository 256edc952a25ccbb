"""The checks that a model artifact passes before it may score, cheapest and safest first.

size cap → SHA-256 → signature → structure → load → golden rows

The signature comes before the structure: what nobody vouches for is not even decoded.
"""

import hashlib
import math
from collections.abc import Callable

from model_store import agreement, model_json, structure, ubj
from model_store.artifact import Artifact
from model_store.booster import Booster, BoosterError
from model_store.errors import ArtifactRefused
from model_store.manifest import JSON_FILE, UBJ_FILE, Manifest

# A Lambda function has at most 10,240 MB of memory, and the decoded model needs several times its file.
MAX_MODEL_BYTES = 512 * 1024 * 1024
MAX_JSON_BYTES = 64 * 1024 * 1024  # decoded it takes five times that, and the same model in UBJSON an eighth
GOLDEN_TOLERANCE = 1e-6
_DECODERS = {UBJ_FILE: ubj.decode, JSON_FILE: model_json.decode}

# Raises ArtifactRefused for an artifact that nobody trusted signed.
SignatureCheck = Callable[[Artifact], object]


def verify(artifact: Artifact, *, threads: int = 1, signature: SignatureCheck | None = None) -> Booster:
    """Check an artifact and return its model, loaded. Raises ArtifactRefused, which names the check that failed.

    signature : refuses an artifact that is not signed as it should be (`PublicKeys.check`); None where signing is off.
    """
    check_bytes(artifact, signature)
    manifest, model = artifact.manifest, artifact.model
    _check_structure(manifest, model)
    booster = _load(manifest, model, threads)
    _check_golden_rows(manifest, booster)
    return booster


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


def _check_structure(manifest: Manifest, model: bytes) -> None:
    try:
        decoded = _DECODERS[manifest.model.name](model)
        structure.check(
            decoded,
            features=[feature.name for feature in manifest.features],
            classes=manifest.output.classes,
            objective=manifest.objective,
        )
        agreement.check(decoded, manifest)
    except ValueError as error:
        raise ArtifactRefused("structure", str(error)) from None


def _load(manifest: Manifest, model: bytes, threads: int) -> Booster:
    try:
        return Booster(model, threads=threads, iterations=manifest.iterations)
    except BoosterError as error:
        raise ArtifactRefused("load", str(error)) from None


def _check_golden_rows(manifest: Manifest, booster: Booster) -> None:
    if not manifest.golden_rows:
        raise ArtifactRefused("golden row", "expected at least one golden row in the manifest")
    rows = manifest.golden_rows
    try:
        scores = booster.predict(b"".join(row.packed() for row in rows), len(rows))
    except (BoosterError, OverflowError) as error:
        raise ArtifactRefused("golden row", str(error)) from None
    expected = [score for row in rows for score in row.scores]
    if not len(expected) == len(scores) == len(rows) * manifest.output.classes:
        wanted = f"{manifest.output.classes} scores a row in the manifest and from the model"
        raise ArtifactRefused("golden row", f"expected {wanted}, got {len(expected)} and {len(scores)} in all")
    for i, (want, got) in enumerate(zip(expected, scores, strict=True)):
        if not math.isfinite(got) or not math.isclose(want, got, rel_tol=GOLDEN_TOLERANCE, abs_tol=GOLDEN_TOLERANCE):
            raise ArtifactRefused("golden row", f"row {i // manifest.output.classes}: expected {want}, got {got}")
