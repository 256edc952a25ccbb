"""The models that serve: loaded from the release, swapped between batches, never inside one."""

import logging
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model_store import isolated
from model_store.artifact import Artifact
from model_store.booster import Booster
from model_store.errors import ModelStoreError
from model_store.release import CHALLENGER, CHAMPION, Pointer, Release
from model_store.store import ModelStore, StoredRelease
from model_store.verify import verify
from scorer.errors import ModelUnavailable
from scorer.predictions import Encoder
from scorer.validate import Validator

LOG = logging.getLogger(__name__)


class Variant:
    """One model version, ready to score as champion or challenger."""

    def __init__(self, name: str, artifact: Artifact, booster: Booster) -> None:
        manifest = artifact.manifest
        self.name, self.version, self.classes = name, manifest.version, manifest.output.classes
        self.feature_paths = [".".join((*manifest.event.features, f.name)) for f in manifest.features]
        self.validator = Validator(manifest)
        self.encoder = Encoder(manifest, manifest.digest(), name)
        self._booster = booster

    def predict(self, matrix: bytearray, rows: int) -> list["array[float]"]:
        """One call for the whole matrix; `classes` scores a row."""
        scores = self._booster.predict(matrix, rows)
        return [scores[i : i + self.classes] for i in range(0, rows * self.classes, self.classes)]


@dataclass(frozen=True, slots=True)
class Serving:
    """A release with its models loaded; a batch uses one Serving from beginning to end."""

    release: Release
    variants: dict[str, Variant]


class Models:
    """Loads the release, and looks for a new one at most every `poll_seconds`.

    A release that cannot be loaded or does not verify is refused, and the last good one goes on serving; so that it
    does whatever the new one holds, `check` first verifies each new artifact in a process of its own.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        threads: int,
        poll_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        check: Callable[[Artifact], None] = isolated.check,
    ) -> None:
        self._store, self._threads, self._poll_seconds, self._clock = store, threads, poll_seconds, clock
        self._check = check
        self._serving: Serving | None = None
        self._etag: str | None = None
        self._next_poll = clock()

    def serving(self) -> Serving:
        """What serves now. Raises ModelUnavailable where no release could be loaded yet."""
        if self._clock() >= self._next_poll:
            self._next_poll = self._clock() + self._poll_seconds
            self._poll()
        if self._serving is None:
            self._next_poll = self._clock()
            raise ModelUnavailable(f"no release of {self._store.name!r} could be loaded; the log says why")
        return self._serving

    def _poll(self) -> None:
        try:
            stored = self._store.release(unless=self._etag)
            if stored is not None:
                self._serving = self._load(stored)
        except ModelStoreError as error:
            LOG.error("release refused: %s", error)
        except Exception as error:  # whatever the store's client raises: the last good release goes on serving
            LOG.error("release not read: %s: %s", type(error).__name__, error)

    def _load(self, stored: StoredRelease) -> Serving:
        """Load every variant, and only then remember the ETag: what failed to load is read again at the next poll."""
        release = stored.release
        pointers = {CHAMPION: release.champion}
        if release.challenger is not None:
            pointers[CHALLENGER] = release.challenger
        serving = Serving(release, {name: self._variant(name, pointer) for name, pointer in pointers.items()})
        self._etag = stored.etag
        LOG.info("release taken up: champion %s", release.champion.version)
        return serving

    def _variant(self, name: str, pointer: Pointer) -> Variant:
        artifact = self._store.artifact(pointer)
        if self._serving is not None:  # at a cold start nothing serves that a crash could end
            self._check(artifact)
        return Variant(name, artifact, verify(artifact, threads=self._threads))


def threads_for(environment: Any, cores: int) -> int:
    """Threads for XGBoost: Lambda gives one vCPU for each 1,769 MB.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    memory = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1769))
    return max(1, min(cores, memory // 1769))
