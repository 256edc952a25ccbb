"""The models that serve: loaded from the release, swapped between batches, never inside one.

A release is taken up whole or not at all. Where it is refused,
- a container that serves goes on with its last good release;
- a new container, which has none, serves the part of the release that verifies, all keys with one version: the
  champion where only the challenger is at fault, else `previous`. Where that does not verify either, it raises.
Either way the release is tried again at the next poll. S3 that does not answer is no fault of the release: a new
container then raises, and its batch is delivered again. The shadow is no part of this: see `shadow`.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from model_store import isolated
from model_store.artifact import Artifact
from model_store.errors import ModelStoreError, ReleaseMissing
from model_store.release import CHALLENGER, CHAMPION, Pointer, Release
from model_store.store import ModelStore, StoredRelease
from model_store.verify import SignatureCheck, check_bytes, verify
from records.faults import ScorerError
from records.values import Value
from scoring.variant import Variant
from telemetry.metrics import MODEL_AGE, RELEASE_REFUSED, RELEASE_STALE_SECONDS, Metrics

LOG = logging.getLogger(__name__)

# Reading a model from S3 and verifying it twice, once in a child process, on a quarter of a CPU: four times what was
# measured on a whole one.
CHILD_SECONDS, LOAD_SECONDS_PER_BYTE = 1.0, 0.5e-6


class ModelUnavailable(ScorerError):
    """No model is loaded. The batch is delivered again; nothing is quarantined for want of a model."""


class Check(Protocol):
    """Verifies an artifact in a process of its own, as `isolated.check` does. Raises ArtifactRefused."""

    def __call__(self, artifact: Artifact, *, timeout: float | None = None) -> None: ...


class Loader:
    """The one way in which a model gets into the scorer: fetched as the release names it, and verified."""

    def __init__(
        self,
        store: ModelStore,
        *,
        threads: int,
        signature: SignatureCheck | None = None,
        check: Check = isolated.check,
    ) -> None:
        self._store, self._threads, self._signature, self._check = store, threads, signature, check

    def load(self, name: str, pointer: Pointer, *, tried: bool, within: float | None = None) -> Variant:
        """Raises ModelStoreError, and whatever the store's client raises.

        tried : verify it in a child process first, which gets `within` seconds, by default a generous bound. It must
        be, unless nothing serves yet that a crash could end.
        """
        artifact = self._store.artifact(pointer)
        if tried:
            check_bytes(artifact, self._signature)  # no child for what nobody vouches for
            self._check(artifact, timeout=within)
        predictor = verify(artifact, threads=self._threads, signature=self._signature)
        version, reason = artifact.manifest.version, predictor.reason and f": {predictor.reason}"
        LOG.info("model %s is evaluated by the %s engine%s", version, predictor.engine, reason)
        return Variant(name, artifact.manifest, predictor)

    def estimate(self, pointer: Pointer) -> float:
        """The seconds that loading a version may take, tried in a child first, by its size."""
        return CHILD_SECONDS + self._store.model_size(pointer) * LOAD_SECONDS_PER_BYTE


class Serving(Value):
    """A release with its models loaded; a batch uses one Serving from beginning to end."""

    release: Release
    variants: Mapping[str, Variant]

    def tell(self, metrics: Metrics) -> None:
        """Which models score a batch, with what, and how old they are."""
        metrics.since(MODEL_AGE, _seconds(self.release.updated_at))
        metrics.note(
            versions={name: variant.version for name, variant in self.variants.items()},
            scored_by={name: variant.scored_by for name, variant in self.variants.items()},
        )


class Models:
    """What serves, and a look at the store for another release at most every `poll_seconds`.

    So that the last good release goes on serving whatever a new one holds, `check` first verifies each new artifact
    in a process of its own.
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
        """What serves now. Raises ModelUnavailable where nothing that the release names verifies."""
        if self._clock() >= self._next_poll:
            self._next_poll = self._clock() + self._poll_seconds
            self._poll()
        self._metrics.gauge(RELEASE_STALE_SECONDS, self._clock() - self._current_at)
        if self._serving is None:
            self._next_poll = self._clock()
            raise ModelUnavailable(f"no release of {self._store.name!r} could be loaded; the log says why")
        self._serving.tell(self._metrics)
        return self._serving

    def _poll(self) -> None:
        try:
            stored = self._store.release(unless=self._etag)
            if stored is not None:
                self._take_up(stored)
            self._current_at = self._clock()
        except ReleaseMissing as error:
            LOG.error("release not read: %s", error)
        except ModelStoreError as error:
            self._metrics.count(RELEASE_REFUSED)
            LOG.error("release refused: %s", error)
        except Exception as error:  # whatever the store's client raises: the last good release goes on serving
            LOG.error("release not read: %s: %s", type(error).__name__, error)

    def _take_up(self, stored: StoredRelease) -> None:
        """Load every variant, and only then remember the ETag: what failed to load is read again at the next poll."""
        loaded = self._loaded()
        try:
            self._serving = self._load(stored.release, loaded)
        except ModelStoreError:
            if self._serving is None:
                self._serving = self._fall_back(stored.release, loaded)
            raise
        self._etag = stored.etag
        LOG.info("release taken up: %s", _described(self._serving))

    def _load(self, release: Release, loaded: dict[Pointer, Variant]) -> Serving:
        """The release with its models; what is `loaded`, in whatever role, is not loaded again."""
        variants = {}
        for role, pointer in release.roles().items():
            if role in (CHAMPION, CHALLENGER):
                if pointer not in loaded:
                    loaded[pointer] = self._loader.load(role, pointer, tried=self._serving is not None)
                variants[role] = loaded[pointer].named(role)
        return Serving(release, variants)

    def _loaded(self) -> dict[Pointer, Variant]:
        if self._serving is None:
            return {}
        roles = self._serving.release.roles()
        return {roles[role]: variant for role, variant in self._serving.variants.items()}

    def _fall_back(self, release: Release, loaded: dict[Pointer, Variant]) -> Serving | None:
        """One version for all keys: the champion where it was the challenger that was refused, else `previous`."""
        pointer = release.champion if release.champion in loaded else release.previous
        if pointer is None:
            return None
        try:
            serving = self._load(Release(pointer, release.updated_at), loaded)
        except ModelStoreError as error:
            LOG.error("nothing to fall back on: %s", error)
            return None
        LOG.warning("fallen back on %s for all keys, until a release verifies", pointer.version)
        return serving


def _seconds(time: str) -> float | None:
    """Seconds since the epoch; None for what is no time: a release is read by other tools than ours too."""
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return None


def _described(serving: Serving) -> str:
    """ "champion 7, challenger 8 (share 0.1)" """
    names = [f"{role} {variant.version}" for role, variant in serving.variants.items()]
    return ", ".join(names) + (f" (share {serving.release.share:g})" if serving.release.share else "")
