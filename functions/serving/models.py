"""The models that serve: loaded from the release, and swapped between batches.

A release is loaded as a whole or not at all. If it is refused,
- a container that has a release keeps serving it;
- a new container falls back to one version for all keys: the champion if only the challenger was refused, else
  `previous`. If that version does not verify either, it raises.
In both cases the release is tried again at the next poll. If S3 does not respond, a container that has a release keeps
serving it; a new one raises, and its batch is delivered again. The shadow is loaded separately: see `shadow`.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime

from model_store import isolated
from model_store.errors import ModelStoreError, ReleaseMissing
from model_store.release import CHALLENGER, CHAMPION, Release
from model_store.verify import check_bytes, verify
from records.faults import ScorerError
from records.values import Value
from scoring.variant import Variant
from telemetry.metrics import MODEL_AGE, RELEASE_REFUSED, RELEASE_STALE_SECONDS, Metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from model_store.artifact import Artifact
    from model_store.release import Pointer
    from model_store.store import ModelStore, StoredRelease
    from model_store.verify import SignatureCheck

    class Check(Protocol):
        """Verifies an artifact in a child process, as `isolated.check` does. Raises ArtifactRefused."""

        def __call__(self, artifact: Artifact, *, timeout: float | None = None) -> None: ...


LOG = logging.getLogger(__name__)

# To read a model from S3 and verify it twice, once in a child process, on a quarter of a CPU: four times the duration
# measured on a whole one.
CHILD_SECONDS, LOAD_SECONDS_PER_BYTE = 1.0, 0.5e-6


class ModelUnavailable(ScorerError):
    """No model is loaded. The batch is delivered again; no event is quarantined for that."""


class Loader:
    """Fetches the model that a release names, and verifies it. Nothing else loads models into the scorer."""

    def __init__(
        self,
        store: ModelStore,
        *,
        threads: int,
        signature: SignatureCheck | None = None,
        check: Check = isolated.check,
    ) -> None:
        self._store, self._threads, self._signature, self._check = store, threads, signature, check

    def load(self, name: str, pointer: Pointer, *, isolated: bool, timeout: float | None = None) -> Variant:
        """Raises ModelStoreError, and what the store's client raises.

        isolated : verify the model in a child process first. Required once a model serves: verification could crash.
        timeout : seconds for the child process; None: a generous default.
        """
        artifact = self._store.artifact(pointer)
        if isolated:
            check_bytes(artifact, self._signature)  # an artifact without a valid signature starts no child process
            self._check(artifact, timeout=timeout)
        predictor = verify(artifact, threads=self._threads, signature=self._signature)
        version, reason = artifact.manifest.version, predictor.reason and f": {predictor.reason}"
        LOG.info("model %s is evaluated by the %s engine%s", version, predictor.engine, reason)
        return Variant(name, artifact.manifest, predictor)

    def estimate(self, pointer: Pointer) -> float:
        """The seconds that loading a version may take, including the child process; computed from its size."""
        return CHILD_SECONDS + self._store.model_size(pointer) * LOAD_SECONDS_PER_BYTE


class Serving(Value):
    """A release with its models loaded; each batch uses one Serving throughout."""

    release: Release
    variants: Mapping[str, Variant]

    def report(self, metrics: Metrics) -> None:
        """Report the versions that serve, their engines, and the age of the release."""
        metrics.since(MODEL_AGE, _seconds(self.release.updated_at))
        metrics.note(
            versions={name: variant.version for name, variant in self.variants.items()},
            scored_by={name: variant.scored_by for name, variant in self.variants.items()},
        )


class Models:
    """The serving release; polls the store for a new one at most every `poll_seconds`.

    Once a release serves, `check` first verifies each new artifact in a child process, so that no artifact can end it.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        threads: int,
        poll_seconds: float,
        signature: SignatureCheck | None = None,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
        check: Check = isolated.check,
    ) -> None:
        self._store, self._poll_seconds, self._clock = store, poll_seconds, clock
        self._metrics = metrics or Metrics("")
        self._loader = Loader(store, threads=threads, signature=signature, check=check)
        self._serving: Serving | None = None
        self._etag: str | None = None
        self._next_poll = self._current_at = clock()

    def serving(self) -> Serving:
        """The release that serves now. Raises ModelUnavailable if no version that the release names could be loaded."""
        if self._clock() >= self._next_poll:
            self._next_poll = self._clock() + self._poll_seconds
            self._poll()
        self._metrics.gauge(RELEASE_STALE_SECONDS, self._clock() - self._current_at)
        if self._serving is None:
            self._next_poll = self._clock()
            raise ModelUnavailable(f"no release of {self._store.name!r} could be loaded; see the log")
        self._serving.report(self._metrics)
        return self._serving

    def _poll(self) -> None:
        try:
            stored = self._store.release(unless=self._etag)
            if stored is not None:
                self._load_release(stored)
            self._current_at = self._clock()
        except ReleaseMissing as error:
            LOG.error("release not read: %s", error)
        except ModelStoreError as error:
            self._metrics.count(RELEASE_REFUSED)
            LOG.error("release refused: %s", error)
        except Exception as error:  # from the store's client: the last good release keeps serving
            LOG.error("release not read: %s: %s", type(error).__name__, error)

    def _load_release(self, stored: StoredRelease) -> None:
        """Load all variants, then remember the ETag: a release that failed to load is read again at the next poll."""
        loaded = self._loaded()
        try:
            self._serving = self._load(stored.release, loaded)
        except ModelStoreError:
            if self._serving is None:
                self._serving = self._fall_back(stored.release, loaded)
            raise
        self._etag = stored.etag
        LOG.info("release loaded: %s", _described(self._serving))

    def _load(self, release: Release, loaded: dict[Pointer, Variant]) -> Serving:
        """The release with its models. Models that are in `loaded`, in any role, are not loaded again."""
        variants = {}
        for role, pointer in release.roles().items():
            if role in (CHAMPION, CHALLENGER):
                if pointer not in loaded:
                    loaded[pointer] = self._loader.load(role, pointer, isolated=self._serving is not None)
                variants[role] = loaded[pointer].named(role)
        return Serving(release, variants)

    def _loaded(self) -> dict[Pointer, Variant]:
        if self._serving is None:
            return {}
        roles = self._serving.release.roles()
        return {roles[role]: variant for role, variant in self._serving.variants.items()}

    def _fall_back(self, release: Release, loaded: dict[Pointer, Variant]) -> Serving | None:
        """One version for all keys: the champion if the challenger was refused, else `previous`."""
        pointer = release.champion if release.champion in loaded else release.previous
        if pointer is None:
            return None
        try:
            serving = self._load(Release(pointer, release.updated_at), loaded)
        except ModelStoreError as error:
            LOG.error("no version to fall back to: %s", error)
            return None
        LOG.warning("fell back to version %s for all keys until a release verifies", pointer.version)
        return serving


def _seconds(time: str) -> float | None:
    """Seconds since the epoch; None if it is not a timestamp: other tools write releases too."""
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return None


def _described(serving: Serving) -> str:
    """ "champion 7, challenger 8 (share 0.1)" """
    names = [f"{role} {variant.version}" for role, variant in serving.variants.items()]
    return ", ".join(names) + (f" (share {serving.release.share:g})" if serving.release.share else "")
