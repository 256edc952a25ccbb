"""The models that serve: loaded from the release, and swapped between batches.

A release is loaded as a whole or not at all. If it is refused,
- a container that has a release keeps serving it;
- a new container falls back to one version for all keys: the champion if only the challenger was refused, else
  `previous`. If that version does not verify either, it raises.
In both cases the release is tried again at the next poll. If S3 does not respond, a container that has a release keeps
serving it; a new one raises, and its batch is delivered again. The shadow is loaded separately: see `shadow`.

While a release serves, no batch waits for the model store: the poll is begun before the batch; its answer is collected,
and a new release loaded, once the batch is settled, in the time that is left. docs/adr/0036.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime

from model_store import isolated
from model_store.errors import ModelStoreError, NotInTime, ReleaseMissing
from model_store.release import CHALLENGER, CHAMPION, Release
from records.faults import ScorerError
from records.values import Value
from resilience.deadline import CONNECT_SECONDS, RESERVE_SECONDS, Deadline
from scoring.attributions import explain, explained
from scoring.variant import Variant
from serving.loader import Loader
from serving.poll import REST_SECONDS, ReleasePoll
from telemetry.metrics import MODEL_AGE, RELEASE_REFUSED, RELEASE_STALE_SECONDS, Metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from model_store.release import Pointer
    from model_store.store import ModelStore
    from model_store.stored_release import StoredRelease
    from model_store.verify import SignatureCheck
    from records.record import Record
    from scoring.engine.protocols import Table
    from serving.loader import Check


LOG = logging.getLogger(__name__)

# How long an answer to a poll is awaited, in the invocation that asked.
WAIT_SECONDS = 0.1
# How long a batch waits for a connection to the model store where polls are overdue: a container that was idle.
IDLE_CONNECT_SECONDS = 0.5
# Below this many seconds, loading a release is left to the next invocation.
LEAST_LOAD_SECONDS = 1.0
REFUSED = "refused"


class ModelUnavailable(ScorerError):
    """No model is loaded. The batch is delivered again; no event is quarantined for that."""


class Serving(Value):
    """A release with its models loaded; each batch uses one Serving throughout."""

    release: Release
    variants: Mapping[str, Variant]

    def variant_of(self, record: Record) -> str:
        """The variant that serves a record: a pure function of its partition key."""
        return self.release.variant(record.partition_key)

    def explain(self, table: Table) -> list[tuple[int, str]]:
        """The attributions that the release asks for."""
        setting = self.release.attributions
        return [] if setting is None else explain(table, explained(table, setting), setting)

    def report(self, metrics: Metrics) -> None:
        """Report the versions that serve, their engines, and the age of the release."""
        metrics.since(MODEL_AGE, _seconds(self.release.updated_at))
        metrics.note(
            versions={name: variant.version for name, variant in self.variants.items()},
            scored_by={name: variant.scored_by for name, variant in self.variants.items()},
        )


class Models:
    """The serving release; polls the store for a new one at most every `poll_seconds`.

    A batch calls `serving` before it is scored, and `refresh` once it is settled. While a release serves, neither waits
    for the store beyond the bounds above; `check` first verifies each new artifact in a child process, so that no
    artifact can end this one.
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
        variant: type[Variant] = Variant,
    ) -> None:
        self._store, self._clock = store, clock
        self._metrics = metrics or Metrics("")
        self._loader = Loader(store, threads=threads, signature=signature, check=check, clock=clock, variant=variant)
        self._poll = ReleasePoll(store, poll_seconds, clock)
        self._serving: Serving | None = None
        self._found: StoredRelease | None = None  # a new release that is not loaded yet
        self._asked = False  # whether this invocation sent a poll
        self._reason = ""  # why no release could be loaded

    def serving(self, deadline: Deadline) -> Serving:
        """The release that serves this batch; begins a poll if one is due.

        Raises ModelUnavailable if no version that the release names could be loaded.
        """
        self._asked = False
        self._attempt(self._first if self._serving is None else self._before, deadline)
        if self._serving is None:
            self._measure()
            raise ModelUnavailable(f"no release of {self._store.name!r} could be loaded: {self._reason}")
        self._serving.report(self._metrics)
        return self._serving

    def refresh(self, deadline: Deadline) -> None:
        """Collect the poll's answer, and load what it found for the next batch, in the remaining time. Never raises."""
        self._attempt(self._after, deadline)
        self._measure()

    def _measure(self) -> None:
        self._metrics.gauge(RELEASE_STALE_SECONDS, self._clock() - self._poll.confirmed_at)

    def _first(self, deadline: Deadline) -> None:
        """Load a container's first release, in all of the invocation's time."""
        self._asked = True
        self._poll.began()
        stored = self._store.within(_left(deadline)).release()
        if stored is not None:
            self._load_release(stored, deadline)

    def _before(self, deadline: Deadline) -> None:
        """Before a batch: begin a poll. The batch waits for it only where it is overdue."""
        self._found = self._poll.collect(0.0) or self._found
        overdue = self._poll.overdue and deadline.spare() > IDLE_CONNECT_SECONDS + WAIT_SECONDS
        if self._found is None and self._poll.due and (overdue or self._poll.connected):
            self._begin(IDLE_CONNECT_SECONDS)
            if overdue:
                self._found = self._poll.collect(WAIT_SECONDS)
        if self._found and overdue:
            self._load_early(self._found, Deadline.after(deadline.spare() / 2, self._clock))

    def _after(self, deadline: Deadline) -> None:
        """After a batch: what `_before` left undone."""
        if self._serving is None or _left(deadline) <= REST_SECONDS:
            return
        enough = _left(deadline) > CONNECT_SECONDS + 2 * WAIT_SECONDS
        if self._found is None and self._poll.due and enough and not self._asked:
            self._begin(CONNECT_SECONDS)
        self._found = self._poll.collect(WAIT_SECONDS if self._asked and enough else 0.0) or self._found
        if self._found is None:
            return
        if _left(deadline) < LEAST_LOAD_SECONDS:
            LOG.warning("release not loaded yet: %.1f s were left after the batch", deadline.remaining())
            return
        found, self._found = self._found, None
        self._load_release(found, deadline)

    def _begin(self, seconds: float) -> None:
        self._asked = True
        self._poll.begin(seconds)

    def _load_early(self, found: StoredRelease, deadline: Deadline) -> None:
        """Before the batch. If the time does not suffice, or the store fails, it is tried again after the batch."""
        try:
            self._load_release(found, deadline)
        except ModelStoreError as error:
            if not isinstance(error, NotInTime):
                self._found = None
                raise
        except Exception as error:
            LOG.warning("release not loaded before the batch: %s", _named(error))
        else:
            self._found = None

    def _attempt(self, step: Callable[[Deadline], None], deadline: Deadline) -> None:
        """Take a step; if it fails, what serves keeps serving."""
        began = self._clock()
        try:
            step(deadline)
        except Exception as error:
            self._fail(error, self._clock() - began)

    def _fail(self, error: Exception, seconds: float) -> None:
        """Log and count a failure that took `seconds`."""
        what = _failure(error)
        if what == REFUSED:
            self._metrics.count(RELEASE_REFUSED)
        self._reason = f"release {what}: {_named(error)}"
        confirmed = self._clock() - self._poll.confirmed_at
        LOG.error("%s%s", self._reason, f"; last confirmed {confirmed:.0f} s ago" if self._serving else "")
        self._poll.failed(seconds)

    def _load_release(self, stored: StoredRelease, deadline: Deadline) -> None:
        """Load all variants, then remember the ETag: a release that failed to load is read again at the next poll."""
        loaded = self._loaded()
        try:
            self._serving = self._load(stored.release, loaded, deadline)
        except ModelStoreError:
            if self._serving is None:
                self._serving = self._fall_back(stored.release, loaded, deadline)
            raise
        self._poll.loaded(stored.etag)
        LOG.info("release loaded: %s", _described(self._serving))

    def _load(self, release: Release, loaded: dict[Pointer, Variant], deadline: Deadline) -> Serving:
        """The release with its models. Models that are in `loaded`, in any role, are not loaded again."""
        variants, isolated = {}, self._serving is not None
        for role, pointer in release.roles().items():
            if role in (CHAMPION, CHALLENGER):
                if pointer not in loaded:
                    loaded[pointer] = self._loader.load(role, pointer, isolated=isolated, seconds=_left(deadline))
                variants[role] = loaded[pointer].named(role)
        return Serving(release, variants)

    def _loaded(self) -> dict[Pointer, Variant]:
        if self._serving is None:
            return {}
        roles = self._serving.release.roles()
        return {roles[role]: variant for role, variant in self._serving.variants.items()}

    def _fall_back(self, release: Release, loaded: dict[Pointer, Variant], deadline: Deadline) -> Serving | None:
        """One version for all keys: the champion if the challenger was refused, else `previous`."""
        pointer = release.champion if release.champion in loaded else release.previous
        if pointer is None:
            return None
        try:
            serving = self._load(Release(pointer, release.updated_at), loaded, deadline)
        except ModelStoreError as error:
            LOG.error("no version to fall back to: %s", error)
            return None
        LOG.warning("fell back to version %s for all keys until a release verifies", pointer.version)
        return serving


def _left(deadline: Deadline) -> float:
    """The seconds until the function must respond."""
    return max(0.0, deadline.remaining() - RESERVE_SECONDS)


def _failure(error: Exception) -> str:
    """What a failure means for the release. Only what says something of its artifacts refuses it."""
    if isinstance(error, NotInTime):
        return "not loaded"
    return REFUSED if isinstance(error, ModelStoreError) and not isinstance(error, ReleaseMissing) else "not read"


def _named(error: Exception) -> str:
    return str(error) if isinstance(error, ModelStoreError) else f"{type(error).__name__}: {error}"


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
