"""Does a handler lose records? Stream, mapping, clients with faults and an on-failure destination, already wired."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from .aws import Buckets, CallFaults, Client, KinesisClient, S3Client, SnsClient, SqsClient
from .behaviours import Behaviours
from .destination import Destination
from .function import Function, FunctionFaults, Handler
from .kinesis import Stream
from .kinesis_mapping import KinesisMapping, KinesisSettings, PollerFaults
from .world import Violation, World

CALLS = CallFaults(throttle=0.05, server_error=0.02, read_timeout=0.02, late_timeout=0.05, partial=0.2)
KILLS, CRASHES = FunctionFaults(kill=0.05), PollerFaults(crash=0.02, duplicate=0.02)
SETTINGS = KinesisSettings(
    batch_size=100,
    maximum_retry_attempts=5,
    bisect_batch_on_function_error=True,
    report_batch_item_failures=True,
)
_FAILURES = "on-failure"


class RecordsLost(AssertionError):
    """Records ended nowhere, or something was written that belongs to none. `seed` repeats the run."""

    def __init__(self, what: str, simulation: "Simulation") -> None:
        super().__init__(f"{what} (seed {simulation.world.seed})")
        self.seed = simulation.world.seed
        self.add_note("Last happenings:\n" + simulation.world.trace())


class _Stray(Violation):
    """Something was written that is no record's. It ends the run, through any handler."""


class _AnyClient(Client):
    """A client of something else than AWS, with the same faults."""

    service = "kinesis"  # whose errors it has

    def __call__[T](self, effect: Callable[[], T]) -> T:
        """`effect()`, as a call that can fail before or after it took place. Raises botocore's errors."""
        return self._call("Call", effect)


class Clients:
    """What a container calls: `kinesis`, `sns`, `sqs` take what it publishes; `s3` keeps objects.

    For another effect, such as a row in a database: `call(effect)`, then `written(body)` within the effect.
    """

    def __init__(self, world: World, written: Callable[[bytes], Any], buckets: Buckets, faults: CallFaults) -> None:
        def committed(time: float, partition_key: str, body: bytes) -> None:
            written(body)

        self.written = written
        self.kinesis = KinesisClient(world, committed, faults=faults)
        self.sns = SnsClient(world, committed, faults=faults)
        self.sqs = SqsClient(world, committed, faults=faults)
        self.s3 = S3Client(world, buckets, faults=faults)
        self.call = _AnyClient(world, faults=faults)


type Container = Callable[[Clients], Handler]


def event_data(number: int) -> bytes:
    """The data of record `number`, unless a test has its own."""
    return b"event %d" % number


def event_number(body: bytes) -> int:
    """The record that a written body belongs to: `event_data` is in it, as it is or in base64. Raises ValueError."""
    found = re.search(rb"event (\d+)", body)
    if found is None:
        try:
            found = re.search(rb"event (\d+)", base64.b64decode(body, validate=True))
        except binascii.Error:
            found = None
    if found is None:
        raise ValueError(f"expected 'event <number>' in what was written, got {body[:80]!r}")
    return int(found[1])


class Simulation:
    """One run. `copies` counts what was written, by record; `failed` are the records in the on-failure destination."""

    def __init__(
        self,
        container: Container,
        seed: int = 0,
        *,
        records: int = 1_000,
        data: Callable[[int], bytes] = event_data,
        number: Callable[[bytes], int] = event_number,
        settings: KinesisSettings = SETTINGS,
        calls: CallFaults = CALLS,
        function: FunctionFaults = KILLS,
        poller: PollerFaults = CRASHES,
        timeout_seconds: float = 60.0,
    ) -> None:
        self.world = World(seed)
        self.copies: Counter[int] = Counter()
        self._number, self._records, self._data = number, records, data
        self._buckets = Buckets(self.world)
        self._stream = Stream(self.world, shards=2)
        clients = Clients(self.world, self._written, Buckets(self.world), calls)
        self._function = Function(
            self.world, lambda: container(clients), timeout_seconds=timeout_seconds, faults=function
        )
        # Lambda's own client writes again until it works, so its faults would only take time.
        self.mapping = KinesisMapping(
            self.world,
            self._stream,
            self._function,
            settings,
            Destination(self.world, S3Client(self.world, self._buckets), _FAILURES),
            Behaviours.draw(self.world.random),
            poller,
        )

    def run(self) -> "Simulation":
        """Put the records, and run until nothing is left to do. Raises RecordsLost."""
        put = self._stream.put_many((f"key-{i % 50}", self._data(i)) for i in range(self._records))
        try:
            self.world.run()
        except _Stray as stray:
            raise RecordsLost(str(stray), self) from None
        if not self.mapping.quiet:
            raise RecordsLost("expected the mapping to come to its end", self)
        failures = b"".join(self._buckets.objects(_FAILURES).values())
        self.failed = {i for i, record in enumerate(put) if record.envelope["eventID"].encode() in failures}
        lost = [i for i in range(self._records) if not self.copies[i] and i not in self.failed]
        if lost:
            some = ", ".join(map(str, lost[:10])) + (", …" if len(lost) > 10 else "")
            raise RecordsLost(f"{len(lost)} of {self._records} records are lost: {some}", self)
        return self

    def _written(self, body: bytes) -> None:
        try:
            number = self._number(body)
        except (ValueError, LookupError, TypeError) as error:
            raise _Stray(f"{type(error).__name__}: {error}") from None
        if not 0 <= number < self._records:
            raise _Stray(f"expected a record from 0 to {self._records - 1}, got {number} in {body[:80]!r}")
        self.copies[number] += 1


@dataclass(frozen=True, slots=True)
class Checked:
    """Sums over the seeds: `records` put; `copies` written; of the records, `repeated` more than once; `failed`."""

    seeds: int = 0
    records: int = 0
    copies: int = 0
    repeated: int = 0
    failed: int = 0


def check(container: Container, *, seeds: Iterable[int] = range(20), **simulation: Any) -> Checked:
    """Run each seed: every record must be written, or be in the on-failure destination. Raises RecordsLost.

    `container(aws)` makes a handler, as a new container does; `aws` are its Clients. Keywords as Simulation: `records`,
    their `data(number)` and the `number(body)` of what was written, `settings`, and faults of `calls`, `function` and
    `poller`.
    """
    checked = Checked()
    for seed in seeds:
        done = Simulation(container, seed, **simulation).run()
        checked = replace(
            checked,
            seeds=checked.seeds + 1,
            records=checked.records + done._records,
            copies=checked.copies + done.copies.total(),
            repeated=checked.repeated + sum(count > 1 for count in done.copies.values()),
            failed=checked.failed + len(done.failed),
        )
    return checked
