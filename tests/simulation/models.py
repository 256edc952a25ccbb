"""The models of the simulation: small ones, trained once a process, and what they must answer."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import numpy as np

import serving.loader
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.manifest import Manifest, ModelFile
from model_store.verify import verify
from predictors.predictor import Predictor
from predictors.xgboost import UBJ_FILE
from tests.fakes import artifacts
from training.baseline import baseline

NAME = "sessions"
# Widths are equal, so that the model's place in a prediction is the same for all of them.
VERSIONS = ("v1", "v2", "v3")
CORRUPT = "v9"
# Those with a baseline: drift of the others is not measured.
MEASURED = frozenset({"v1", "v2"})


@dataclass(frozen=True, slots=True)
class Scored:
    """What XGBoost's own Python package answers for one row."""

    score: float
    label: str


@cache
def artifact(version: str) -> Artifact:
    """One of VERSIONS."""
    plain = artifacts.artifact(version=version, name=NAME, seed=_seed(version))
    if version not in MEASURED:
        return plain
    matrix = artifacts.matrix(400)
    scores = artifacts.booster("binary", _seed(version)).inplace_predict(matrix).reshape(-1, 1)
    return Artifact(replace(plain.manifest, baseline=baseline(artifacts.FEATURES, matrix, scores)), plain.model)


def expected(version: str, matrix: np.ndarray) -> list[Scored]:
    """The answers for a matrix of `artifacts.FEATURES`, by XGBoost's `inplace_predict`, not by the scorer's way."""
    scores = artifacts.booster("binary", _seed(version)).inplace_predict(matrix)
    return [Scored(float(score), "yes" if score >= 0.5 else "no") for score in scores]


@cache
def rendered(version: str, variant: str) -> str:
    """The `model` member of a prediction, as its contract says it."""
    digest = artifact(version).manifest.digest()
    return json.dumps({"name": NAME, "version": version, "digest": digest, "variant": variant}, separators=(",", ":"))


@cache
def corrupt(kind: int) -> Artifact:
    """An artifact that must be refused: by its size, its digest, its structure or its golden rows."""
    good = artifacts.artifact(version=CORRUPT, name=NAME, seed=_seed("v1"))
    match kind % 4:
        case 0:
            return Artifact(good.manifest, good.model[:-1])
        case 1:
            return Artifact(good.manifest, good.model[:-1] + bytes([good.model[-1] ^ 1]))
        case 2:
            junk = b"{" + bytes(len(good.model) - 1)
            return Artifact(replace(good.manifest, file=ModelFile.of(junk, UBJ_FILE)), junk)
        case _:
            other = artifacts.artifact(version=CORRUPT, name=NAME, seed=_seed("v2"))
            return Artifact(replace(good.manifest, golden_rows=other.manifest.golden_rows), good.model)


def _seed(version: str) -> int:
    return int(version[1:])


@contextmanager
def verified_once() -> Iterator[None]:
    """While it lasts, each manifest is read and each artifact verified once a process, and not by every container.

    By the real code. The same bytes read and verify alike, and what comes of them has no state, so nothing but time is
    saved.
    """
    with (
        patch.object(serving.loader, "verify", _verified),
        patch.object(Manifest, "from_bytes", _read),
        patch.object(Manifest, "digest", _digest),
    ):
        yield


def check(artifact: Artifact, *, timeout: float | None = None) -> None:
    """In the simulation's own process: a process each would cost time, and these models are known to kill none."""
    _verified(artifact)


def forget_verified() -> None:
    """For those who change the checks."""
    _VERIFIED.clear()
    _MANIFESTS.clear()
    _DIGESTS.clear()


_MANIFESTS: dict[bytes, Manifest] = {}
_DIGESTS: dict[int, tuple[Manifest, str]] = {}  # by identity; the manifest is kept, so that no other has its id
_read_manifest, _digest_of = Manifest.from_bytes, Manifest.digest


def _read(raw: bytes) -> Manifest:
    if raw not in _MANIFESTS:
        _MANIFESTS[raw] = _read_manifest(raw)
    return _MANIFESTS[raw]


def _digest(manifest: Manifest) -> str:
    if id(manifest) not in _DIGESTS:
        _DIGESTS[id(manifest)] = manifest, _digest_of(manifest)
    return _DIGESTS[id(manifest)][1]


_VERIFIED: dict[tuple[str, str], Predictor | ArtifactRefused] = {}


def _verified(artifact: Artifact, *, threads: int = 1, signature: object = None) -> Predictor:
    key = (artifact.manifest.digest(), hashlib.sha256(artifact.model).hexdigest())
    if key not in _VERIFIED:
        try:
            _VERIFIED[key] = verify(artifact, threads=threads)
        except ArtifactRefused as refused:
            _VERIFIED[key] = refused
    found = _VERIFIED[key]
    if isinstance(found, ArtifactRefused):
        raise found.with_traceback(None)
    return found
