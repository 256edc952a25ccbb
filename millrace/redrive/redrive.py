"""The redrive itself: survey what waits; send it, chunk by chunk, and settle each chunk before the next begins."""

import random as random_numbers
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from millrace import sources
from millrace.redrive import on_failure, quarantined
from millrace.redrive.chunks import MAX_RECORDS, Chosen, chosen, chunks
from millrace.redrive.dead_letters import DeadLetters
from millrace.redrive.function import Function, RedriveAnswer
from millrace.redrive.lease import Lease
from millrace.redrive.objects import Objects
from millrace.redrive.stored import Render, Stored
from millrace.redrive.survey import Survey
from millrace.redrive.trail import Trail
from millrace.redrive.waiting import ON_FAILURE, QUARANTINE, FailureOrigin, Holding, Selection, Waiting
from resilience.retry import Retry
from sources.objects import StoredObjects

# After this many chunks in a row of which nothing was settled, the redrive ends: what is down is not hammered.
HOPELESS = 2
LEASE_FILE = "lease.json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack's failures are, and what scores them.

    model : its name. queue_urls : of the sources' dead-letter queues. timeout_seconds : the function's.
    """

    model: str
    bucket: str
    quarantine_prefix: str
    on_failure_prefix: str
    redriven_prefix: str
    queue_urls: Sequence[str]
    function_name: str
    alias: str
    timeout_seconds: float = 900.0

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> Self:
        """The place that Terraform's outputs describe."""
        store, scorer = outputs["failure_store"], outputs["scorer"]
        return cls(
            model=outputs["model"]["name"],
            bucket=store["bucket"],
            quarantine_prefix=store["quarantine_prefix"],
            on_failure_prefix=store["on_failure_prefix"],
            redriven_prefix=store["redriven_prefix"],
            queue_urls=list(sources.dead_letter_queues(outputs).values()),
            function_name=scorer["function_name"],
            alias=scorer["alias"],
            timeout_seconds=scorer["timeout_seconds"],
        )


@dataclass(slots=True)
class RedriveResult:
    """What a run did, in records.

    ignored : no events, by the rules of the model's manifest. quarantined : by code.
    failed : by reason; these stay where they were. unreadable : objects and messages that were left alone.
    trouble : why the run ended before its time, if it did. stopped : whether it was asked to.
    """

    predictions: int = 0
    ignored: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)
    trouble: str = ""
    stopped: bool = False

    def add(self, chunk: Sequence[Chosen], answer: RedriveAnswer) -> None:
        predicted, ignored = set(answer.predicted), set(answer.ignored)
        for one in chunk:
            key = one.waiting.prediction_id
            if key in predicted:
                self.predictions += 1
            elif key in ignored:
                self.ignored += 1
            elif key in answer.quarantined:
                self.quarantined[answer.quarantined[key]] += 1
            elif key in answer.failed:
                self.failed[answer.failed[key]] += 1
        self.trouble = answer.trouble

    @property
    def settled(self) -> int:
        return self.predictions + self.ignored + self.quarantined.total()

    @property
    def tried(self) -> int:
        return self.settled + self.failed.total()

    @property
    def complete(self) -> bool:
        """Whether all that was chosen and could be read is a prediction, ignored, or in quarantine, by now."""
        return not (self.failed or self.unreadable or self.trouble or self.stopped)


class Redrive:
    """See the package. clock : seconds since the epoch."""

    def __init__(
        self,
        *,
        s3: Any,
        sqs: Any,
        function: Any,
        place: Place,
        owner: str = "redrive",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_numbers.random,
        chunk_records: int = MAX_RECORDS,
    ) -> None:
        self._sqs, self._place, self._chunk_records = sqs, place, chunk_records
        self._objects, self._reader = Objects(s3, place.bucket), StoredObjects(s3)
        lease = place.redriven_prefix + LEASE_FILE
        self._lease = Lease(self._objects, lease, owner, str(random()), 2 * (place.timeout_seconds + 30), clock)
        self._trail = Trail(self._objects, place.redriven_prefix, owner, clock)
        retry = Retry(base=0.5, cap=20.0, random=random, sleep=sleep)
        self._function = Function(function, place.function_name, place.alias, retry, clock, self._lease.renew)

    def survey(self, selection: Selection) -> Survey:
        """What `run` would redrive, by looking alone. Messages are hidden from others while they are looked at."""
        survey = Survey()
        with self._origins(selection) as origins:
            survey.add(record.waiting for record in chosen(origins, selection))
            survey.unreadable += _unreadable(origins)
        return survey

    def run(
        self,
        selection: Selection,
        *,
        dry: bool = False,
        on_progress: Callable[[RedriveResult], None] = lambda result: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> RedriveResult:
        """Redrive what is chosen. `on_progress` is called after, `stopped` asked before each chunk.

        dry : the scorer only replies what would become of each record: nothing is published, quarantined or removed.

        Raises LeaseHeld, LeaseLost and what S3 and SQS answer; whatever is not settled by then stays where it was.
        """
        result = RedriveResult()
        self._lease.take()
        try:
            with self._origins(selection) as origins:
                work = chunks(chosen(origins, selection), self._chunk_records)
                self._run(work, result, dry, on_progress, stopped)
                result.unreadable += _unreadable(origins)
        finally:
            with suppress(ClientError, BotoCoreError):
                self._lease.release()
        return result

    def _run(
        self,
        work: Iterable[list[Chosen]],
        result: RedriveResult,
        dry: bool,
        on_progress: Callable[[RedriveResult], None],
        stopped: Callable[[], bool],
    ) -> None:
        predicted: set[str] = set()
        hopeless = 0
        for chunk in work:
            if stopped():
                result.stopped = True
                return
            self._lease.renew()
            answer = self._send(chunk, predicted, dry)
            if not dry:
                self._trail.write(chunk, answer)
                _settle(chunk, answer.settled())
            result.add(chunk, answer)
            on_progress(result)
            hopeless = 0 if answer.settled() else hopeless + 1
            if hopeless == HOPELESS and not result.trouble:
                result.trouble = (
                    f"nothing of the last {HOPELESS} chunks got through: fix the cause first, then run it again"
                )
            if result.trouble:
                return

    def _send(self, chunk: Sequence[Chosen], predicted: set[str], dry: bool) -> RedriveAnswer:
        """Send each record once, also where it is in two objects: split again, a batch can be kept twice in part."""
        envelopes = {one.waiting.prediction_id: one.waiting.envelope for one in chunk}
        known = predicted & envelopes.keys()
        answer = self._function.send({key: envelopes[key] for key in envelopes if key not in known}, reply=dry)
        predicted.update(answer.predicted)
        answer.predicted += sorted(known)
        return answer

    @contextmanager
    def _origins(self, selection: Selection) -> Iterator[list[FailureOrigin]]:
        """Quarantine comes first, so that what is quarantined again out of the others is not redriven at once."""
        place = self._place
        origins: list[FailureOrigin] = [
            self._stored(QUARANTINE, place.quarantine_prefix, quarantined.parse, quarantined.render),
            self._stored(ON_FAILURE, place.on_failure_prefix, self._given_up, on_failure.render),
        ]
        origins += [DeadLetters(self._sqs, url, place.model) for url in place.queue_urls]
        try:
            yield [origin for origin in origins if origin.name in selection.origins]
        finally:
            with suppress(ClientError, BotoCoreError):
                for origin in origins:
                    origin.close()

    def _given_up(self, body: bytes, model: str) -> list[Waiting]:
        return on_failure.parse(body, model, self._reader)

    def _stored(self, name: str, prefix: str, parse: Callable[[bytes, str], list[Waiting]], render: Render) -> Stored:
        return Stored(name, self._objects, prefix, lambda body: parse(body, self._place.model), render)


def _settle(chunk: Sequence[Chosen], settled: Set[str]) -> None:
    """Remove what is settled from where it was."""
    touched = {id(one.holding): one for one in chunk if one.waiting.prediction_id in settled}
    kept: dict[int, tuple[FailureOrigin, list[tuple[Holding, list[Waiting]]]]] = {}
    for origin, holding, _ in touched.values():
        rest = [one for one in holding.waiting if one.prediction_id not in settled]
        kept.setdefault(id(origin), (origin, []))[1].append((holding, rest))
    for origin, holdings in kept.values():
        origin.keep(holdings)


def _unreadable(origins: Iterable[FailureOrigin]) -> list[str]:
    return [f"{origin.name}: {name}" for origin in origins for name in origin.unreadable]
