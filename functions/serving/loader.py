"""Loads a version of a model: reads it from the store, and verifies it. Nothing else loads models into the scorer."""

from __future__ import annotations

import logging
import time

from model_store import isolated
from model_store.verify import check_bytes, verify
from scoring.variant import Variant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from model_store.artifact import Artifact
    from model_store.release import Pointer
    from model_store.store import ModelStore
    from model_store.verify import SignatureCheck

    class Check(Protocol):
        """Verifies an artifact in a child process, as `isolated.check` does. Raises ArtifactRefused, NotInTime."""

        def __call__(self, artifact: Artifact, *, timeout: float | None = None) -> None: ...


LOG = logging.getLogger(__name__)

# To read a model from S3 and verify it twice, once in a child process, on a quarter of a CPU: four times the duration
# measured on a whole one.
CHILD_SECONDS, LOAD_SECONDS_PER_BYTE = 1.0, 0.5e-6


class Loader:
    """Fetches the model that a release names, and verifies it."""

    def __init__(
        self,
        store: ModelStore,
        *,
        threads: int,
        signature: SignatureCheck | None = None,
        check: Check = isolated.check,
        clock: Callable[[], float] = time.monotonic,
        variant: type[Variant] = Variant,
    ) -> None:
        """variant : what a loaded model becomes: it says how its events are read."""
        self._store, self._threads, self._signature = store, threads, signature
        self._check, self._clock, self._variant = check, clock, variant

    def load(self, name: str, pointer: Pointer, *, isolated: bool, seconds: float) -> Variant:
        """Raises ModelStoreError, and what the store's client raises; after `seconds`, NotInTime or a timeout.

        isolated : verify the model in a child process first. Required once a model serves: verification could crash.
            Then half of the time is for the store, half of the rest for the child: in this process, where it cannot be
            interrupted, verification takes less time than the child did.
        """
        end = self._clock() + seconds
        artifact = self._store.within(seconds / 2 if isolated else seconds).artifact(pointer, alongside=isolated)
        if isolated:
            check_bytes(artifact, self._signature)  # an artifact without a valid signature starts no child process
            self._check(artifact, timeout=max(0.0, end - self._clock()) / 2)
        predictor = verify(artifact, threads=self._threads, signature=self._signature)
        version, reason = artifact.manifest.version, predictor.reason and f": {predictor.reason}"
        LOG.info("model %s is evaluated by the %s engine%s", version, predictor.engine, reason)
        return self._variant(name, artifact.manifest, predictor)

    def estimate(self, pointer: Pointer, seconds: float) -> float:
        """The seconds that loading a version may take, including the child process; computed from its size.

        seconds : the time for asking the store. Raises as `load` does.
        """
        return CHILD_SECONDS + self._store.within(seconds).model_size(pointer) * LOAD_SECONDS_PER_BYTE
