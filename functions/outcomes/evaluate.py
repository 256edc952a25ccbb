"""Evaluates each hour of collected predictions and outcomes, the newest first.

The result of an hour is a function of its inputs: the objects with its predictions, and those with the outcomes that
arrived in the hours in which an outcome counts. An hour whose inputs have not changed is not read again. Of one that
has changed, only new objects are read as they were collected: each evaluation keeps for the next

    predictions-<inputs>             the predictions that count, one of each
    outcomes-<hour>-<inputs>         the outcomes that arrived in an hour, and belong to this hour's predictions
    done-<inputs>                    nothing: the hour was evaluated
    counted-<joined>                 nothing: what belongs to it was counted, and is in its result

`<inputs>` is a hash of the keys that it was made of, so that a run can be repeated, interrupted, skipped, or made
twice at once: the next one does its work. A result is written only over the one that was there before its inputs were
listed, so the one of a slower run, of fewer inputs, replaces none of more.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from outcomes.hours import hour_of
from outcomes.join import EARLY, Join, OutcomesOfHour
from outcomes.store import OUTCOMES, PREDICTIONS, Overtaken
from outcomes.tally import Tally, document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from outcomes.manifests import Manifests
    from outcomes.store import Listed, Store
    from outcomes.tables import Tables
    from outcomes.tally import Group
    from resilience.deadline import Deadline

LOG = logging.getLogger(__name__)

# The time that must be left to read one more object, of one batch, and to write the results.
RESERVE_SECONDS = 20.0
# Objects that are read from S3 before they are loaded together, and rows of outcomes that are held for the next hours.
MOST_OBJECTS = 50
MOST_OUTCOMES = 3_000_000


@dataclass(slots=True)
class Evaluated:
    """The progress of a run. hours : with predictions. changed : with a new result. left : not evaluated."""

    hours: int = 0
    changed: int = 0
    left: int = 0


class OutOfTime(Exception):
    """The invocation ends before the hour is evaluated."""


class KeptDamaged(Exception):
    """What an evaluation kept is gone, or cannot be read. keys : of the files."""

    def __init__(self, keys: Collection[str]) -> None:
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the result of an hour is made of. outcomes : by the hour in which they arrived.

    before : the ETag of the result that was there before the inputs were listed; empty without one.
    """

    hour: int
    before: str
    predictions: Sequence[Listed]
    outcomes: Mapping[int, Sequence[Listed]]

    @property
    def done(self) -> str:
        return f"done-{_hash(self.predictions, *self.outcomes.values())}"

    @property
    def of_predictions(self) -> str:
        return f"predictions-{_hash(self.predictions)}"

    def counted(self, names: Iterable[str]) -> str:
        """names : of the outcomes that were kept, without those of which none belongs to the hour."""
        return f"counted-{_digest([self.of_predictions, *sorted(names)])}"

    def of_outcomes(self, arrived: int) -> str:
        return f"outcomes-{arrived}-{_hash(self.predictions, self.outcomes[arrived])}"


class Evaluation:
    """Evaluates the last hours. One for each container.

    look_back : hours after which a result is final. report : called with each hour that changed, and its groups.
    """

    def __init__(
        self,
        store: Store,
        tables: Tables,
        manifests: Manifests,
        model: str,
        look_back: int,
        report: Callable[[int, list[Group]], None],
        clock: Callable[[], float],
    ) -> None:
        self._store, self._tables, self._model, self._look_back = store, tables, model, look_back
        self._report, self._clock = report, clock
        self._join, self._tally = Join(tables), Tally(manifests)
        self._held: dict[int, OutcomesOfHour] = {}

    def run(self, deadline: Deadline) -> Evaluated:
        """Evaluate the current hour and those of the look-back, the newest first, as far as time allows."""
        now = hour_of(self._clock())
        first = now - self._look_back
        before = self._store.results(self._model, first, now)
        predictions = {hour: self._store.list(PREDICTIONS, hour) for hour in range(first, now + 1)}
        outcomes = {hour: self._store.list(OUTCOMES, hour) for hour in range(first - EARLY, now + 1)}
        hours = [hour for hour in range(now, first - 1, -1) if predictions[hour]]
        done = Evaluated(len(hours))
        try:
            for place, hour in enumerate(hours):
                done.left = len(hours) - place
                counting = range(hour - EARLY, min(now, hour + self._look_back) + 1)
                of_hour = {at: outcomes[at] for at in counting if outcomes[at]}
                done.changed += self._evaluated(Inputs(hour, before[hour], predictions[hour], of_hour), deadline)
            done.left = 0
        except OutOfTime:
            pass
        finally:
            self._release(MOST_OUTCOMES + 1)
        return done

    def _evaluated(self, inputs: Inputs, deadline: Deadline) -> bool:
        """Evaluate an hour if its inputs have changed; returns whether its result has. Raises OutOfTime."""
        kept = self._store.joined(self._model, inputs.hour)
        while inputs.done not in kept:
            try:
                return self._joined(inputs, kept, deadline)
            except Overtaken:
                LOG.info(
                    "hour %d: another evaluation wrote its result meanwhile; the next one looks again", inputs.hour
                )
                break
            except KeptDamaged as error:  # it is made again, of what was collected
                kept = {name: listed for name, listed in kept.items() if listed.key not in error.keys}
        return False

    def _joined(self, inputs: Inputs, kept: Mapping[str, Listed], deadline: Deadline) -> bool:
        """Join an hour, and count it if that gives anything new. Raises OutOfTime, KeptDamaged and Overtaken."""
        hour = inputs.hour
        self._join.begin()
        self._predictions(inputs, kept, deadline)
        known: dict[str, Listed] = {}
        matched = set[str]()
        for arrived in inputs.outcomes:
            name = inputs.of_outcomes(arrived)
            found = kept.get(name)
            if found is None:
                rows, body = self._join.match(self._outcomes(inputs, arrived, deadline))
                self._store.put_joined(self._model, hour, name, rows, body)
                matched |= {name} if rows else set()
            elif found.rows:
                known[name] = found
        counted = inputs.counted(known.keys() | matched)
        changed = counted not in kept and self._counted(inputs, list(known.values()), deadline)
        for name in (counted, inputs.done):
            if name not in kept:
                self._store.put_joined(self._model, hour, name)
        return changed

    def _counted(self, inputs: Inputs, known: Sequence[Listed], deadline: Deadline) -> bool:
        """Count the hour with what was kept of its outcomes; returns whether its result has changed."""
        hour = inputs.hour
        self._load_kept(known, self._join.matched, deadline)
        self._join.finish()
        groups = self._tally.groups(self._join)
        changed = self._store.put_hour(self._model, hour, document(self._model, hour, groups), inputs.before)
        if changed:
            self._report(hour, groups)
        return changed

    def _predictions(self, inputs: Inputs, kept: Mapping[str, Listed], deadline: Deadline) -> None:
        found = kept.get(inputs.of_predictions)
        if found:
            self._load_kept([found], self._join.stored, deadline)
            return
        rows, body = self._join.predicted(self._files(inputs.predictions, deadline))
        self._store.put_joined(self._model, inputs.hour, inputs.of_predictions, rows, body)

    def _outcomes(self, inputs: Inputs, arrived: int, deadline: Deadline) -> OutcomesOfHour:
        """The outcomes that arrived in an hour; they are held for the other hours that they may belong to."""
        if arrived not in self._held:
            self._release(sum(one.rows for one in inputs.outcomes[arrived]))
            held = OutcomesOfHour(self._tables, arrived)
            for files in self._files(inputs.outcomes[arrived], deadline):
                held.add(files)
            self._held[arrived] = held
        return self._held[arrived]

    def _release(self, rows: int) -> None:
        """Drop outcomes, those held longest first, until there is room for that many rows."""
        while self._held and sum(held.rows for held in self._held.values()) + rows > MOST_OUTCOMES:
            self._held.pop(next(iter(self._held))).drop()

    def _load_kept(
        self, objects: Sequence[Listed], load: Callable[[Mapping[str, bytes]], list[str]], deadline: Deadline
    ) -> None:
        """Load what was kept, all of it. Raises KeptDamaged, also for what is gone, and OutOfTime."""
        missing = {listed.key for listed in objects if listed.rows}
        for files in self._files([listed for listed in objects if listed.rows], deadline):
            missing -= files.keys() - set(load(files))
        if missing:
            raise KeptDamaged(missing)

    def _files(self, objects: Iterable[Listed], deadline: Deadline) -> Iterator[dict[str, bytes]]:
        """The contents of objects by their keys, some at a time; not of those that have expired. Raises OutOfTime."""
        files: dict[str, bytes] = {}
        for listed in objects:
            if deadline.remaining() < RESERVE_SECONDS:
                raise OutOfTime
            if body := self._store.read(listed.key):
                files[listed.key] = body
            if len(files) == MOST_OBJECTS:
                yield files
                files = {}
        if files:
            yield files


def _hash(*objects: Sequence[Listed]) -> str:
    return _digest("\n".join(listed.key for listed in some) for some in objects)


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n\n".join(texts).encode()).hexdigest()[:32]
