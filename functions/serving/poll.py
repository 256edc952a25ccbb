"""Polls of the release, for which no batch waits: begun before a batch, answered after it.

`collect` looks whether the answer is there. While it is not, the container keeps scoring, and looks again after the
next batch.
"""

from __future__ import annotations

import time

from aws_client.errors import ConnectionLost, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_client.errors import CallFailed
    from model_store.store import ModelStore
    from model_store.stored_release import PendingRelease, StoredRelease

# Of an answer whose beginning is there, the rest must arrive within this time.
REST_SECONDS = 0.1
# A request that has no answer after this time is abandoned, and its connection is closed.
ABANDON_SECONDS = 20.0
# After a failure the next poll waits this many times as long as the failure took: a model store that fails costs a
# container up to a tenth of its time.
PAUSE, LONGEST_PAUSE_SECONDS = 10, 300.0


class ReleasePoll:
    """Asks the store for another release than the one that serves, at most every `every` seconds.

    confirmed_at : when, by `clock`, the serving release was last asked for and found to be the store's.
    """

    def __init__(self, store: ModelStore, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._every, self._clock = store, every, clock
        self._pending: PendingRelease | None = None
        self._etag: str | None = None
        self._lost = False  # the last request's connection was lost, or had no answer
        self._begun_at = self._next = self.confirmed_at = clock()

    @property
    def due(self) -> bool:
        return self._pending is None and self._clock() >= self._next

    @property
    def overdue(self) -> bool:
        """Whether a poll is missing: for a while the container had no batches, or the store gave no answer."""
        return self._clock() - self.confirmed_at > 2 * self._every

    @property
    def connected(self) -> bool:
        """Whether a request can be sent without opening a connection."""
        return self._store.connected

    def began(self) -> None:
        """Note that the store is asked now."""
        self._begun_at = self._clock()
        self._next = self._begun_at + self._every

    def begin(self, seconds: float) -> None:
        """Send a request, within `seconds`, and do not wait for the answer. Raises what the store's client raises."""
        self.began()
        self._pending = self._store.within(seconds).begin_release(unless=self._etag)

    def collect(self, seconds: float) -> StoredRelease | None:
        """Another release, if the answer arrives within `seconds` and has one.

        Raises ModelStoreError, and what the store's client raises: TimedOut for an answer that does not come.
        """
        pending = self._pending
        if pending is None:
            return None
        if not pending.arrives(seconds):
            if self._clock() - self._begun_at > ABANDON_SECONDS:
                self._pending = None
                pending.close()
                self._again(TimedOut(f"no answer within {ABANDON_SECONDS:g} s"))
            return None
        self._pending = None
        try:
            found = pending(REST_SECONDS)
        except ConnectionLost as lost:
            self._again(lost)
            return None
        self._lost = False
        if found is None:
            self.confirmed_at = self._begun_at
        return found

    def _again(self, lost: CallFailed) -> None:
        """Ask again at once, and complain the second time.

        While a container is frozen, the server closes its connections, and answers come too late.
        """
        if self._lost:
            raise lost
        self._lost, self._next = True, self._clock()

    def loaded(self, etag: str) -> None:
        """Note that the release of the last answer serves."""
        self._etag, self.confirmed_at = etag, self._begun_at

    def failed(self, seconds: float) -> None:
        """Note that a poll, or loading what it found, failed after `seconds`."""
        self._next = max(self._next, self._clock() + min(PAUSE * seconds, LONGEST_PAUSE_SECONDS))
