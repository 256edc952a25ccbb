"""Keeps the models of the release: a thread loads, verifies and swaps them. No request waits for it."""

from __future__ import annotations

import gc
import logging
from threading import Event, Thread

from http_api.variant import HttpServing
from resilience.deadline import Deadline
from serving.models import ModelUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.models import Models, Serving

LOG = logging.getLogger(__name__)

# Between two looks whether a poll is due; also after a first release that could not be loaded.
PAUSE_SECONDS = 1.0
# For one poll, with loading and verifying what it finds: S3 and a child process.
STEP_SECONDS = 120.0


class ReleaseKeeper:
    """current : what serves; None until a release has verified. loaded : is called with each new one."""

    def __init__(self, models: Models, loaded: Callable[[HttpServing], None]) -> None:
        self._models, self._loaded = models, loaded
        self.current: HttpServing | None = None
        self._serving: Serving | None = None
        self._end = Event()
        self._thread = Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Load nothing more. The thread may still be in a call; it ends with the process."""
        self._end.set()

    def _run(self) -> None:
        self.step()
        while not self._end.wait(PAUSE_SECONDS):
            self.step()

    def step(self) -> None:
        """Poll for a release where one is due, and swap to it once it is loaded. Never raises."""
        deadline = Deadline.after(STEP_SECONDS)
        try:
            self._swap(self._models.serving(deadline))
            self._models.refresh(deadline)
            self._swap(self._models.serving(deadline))
        except ModelUnavailable as error:
            LOG.error("not ready: %s", error)
        except Exception as error:
            LOG.error("release not kept: %s", type(error).__name__, exc_info=error)

    def _swap(self, serving: Serving) -> None:
        if serving is self._serving:
            return
        first, self._serving = self.current is None, serving
        found = HttpServing(serving)
        if first:  # what is loaded now stays: collections skip it
            gc.collect()
            gc.freeze()
        self.current = found
        self._loaded(found)
