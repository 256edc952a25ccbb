"""The Kinesis event source mapping: which shards are read, in how many lanes. What happens in a lane: lane.py."""

from collections import Counter
from dataclasses import dataclass

from .behaviours import Behaviours
from .destination import Destination
from .function import Function
from .kinesis import Record, Shard, Stream
from .lane import Lane
from .world import World

# Standard polling: each shard once a second.
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class KinesisSettings:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html; -1 means without end."""

    batch_size: int = 100
    window_seconds: float = 0.0
    parallelization_factor: int = 1
    maximum_retry_attempts: int = -1
    maximum_record_age_seconds: float = -1.0
    bisect_batch_on_function_error: bool = False
    report_batch_item_failures: bool = False


@dataclass(frozen=True, slots=True)
class PollerFaults:
    """What goes wrong in the mapping itself, as shares of the invocations (0 to 1).

    crash: the poller dies with the invocation's result, and another one goes on from the last checkpoint.
    checkpoint_lag: a checkpoint is not written; the next one makes up for it, unless a crash comes first.
    duplicate: the batch is delivered once more, up to `duplicate_within` seconds later, whatever comes of it.
    short_batch: a batch has fewer records than there are (GetRecords gives no promise).
    """

    crash: float = 0.0
    checkpoint_lag: float = 0.0
    duplicate: float = 0.0
    duplicate_within: float = 30.0
    short_batch: float = 0.0


class KinesisMapping:
    """Reads a stream for a function, from the oldest record on (TRIM_HORIZON).

    `counts`: invocations, throttled, function_errors, partial_failures, complete_failures, retries, bisections,
    crashes, duplicates, given_up (records that went to the destination), dropped (records given up without one),
    expired (records, at the stream's retention). `faults` may be replaced while the simulation runs.
    """

    def __init__(
        self,
        world: World,
        stream: Stream,
        function: Function,
        settings: KinesisSettings = KinesisSettings(),
        on_failure: Destination | None = None,
        behaviours: Behaviours | None = None,
        faults: PollerFaults = PollerFaults(),
    ) -> None:
        self.world, self.stream, self.function, self.settings = world, stream, function, settings
        self.on_failure, self.behaviours, self.faults = on_failure, behaviours or Behaviours(), faults
        self.uuid = world.uuid()
        self.counts: Counter[str] = Counter()
        self.dropped: list[Record] = []
        self.expired: list[Record] = []
        self.enabled = True
        self.duplicates_due = 0
        self._readers: list[_ShardReader] = []
        self._poll_due = False
        stream.readers.append(self._wake)
        self._wake()

    def switch_off(self) -> None:
        """Disable: what is in flight ends, nothing new is delivered."""
        self.enabled = False

    def switch_on(self) -> None:
        """Enable again: goes on where it stopped."""
        self.enabled = True
        self._wake()
        for reader in self._readers:
            for lane in reader.lanes:
                lane.pump()

    @property
    def quiet(self) -> bool:
        """Nothing in flight, nothing waiting: every record put so far is done."""
        return (
            not self.duplicates_due
            and len(self._readers) == len(self.stream.shards)
            and all(reader.idle for reader in self._readers)
        )

    def lane_done(self) -> None:
        """A lane came to the end of its records: look whether there are shards to begin with."""
        if len(self._readers) < len(self.stream.shards):
            self._wake()

    def _wake(self) -> None:
        if not self._poll_due:
            self._poll_due = True
            self.world.after(self.world.random.random() * POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        self._poll_due = False
        if not self.enabled:
            return
        while self._open_readers():
            pass
        for reader in self._readers:
            reader.read()

    def _open_readers(self) -> bool:
        """Begin with the shards whose parents are done: children come after their parents."""
        read = {reader.shard.id: reader for reader in self._readers}
        opened = False
        for shard in self.stream.shards:
            parents = [read.get(parent.id) for parent in shard.parents]
            if shard.id not in read and all(parent is not None and parent.done for parent in parents):
                self._readers.append(_ShardReader(self, shard))
                opened = True
        return opened


class _ShardReader:
    """Hands a shard's records out to its lanes, by a hash of the partition key."""

    def __init__(self, mapping: KinesisMapping, shard: Shard) -> None:
        self.shard, self._next = shard, 0
        self.lanes = [Lane(mapping, shard.id) for _ in range(mapping.settings.parallelization_factor)]

    def read(self) -> None:
        """Take what is new, and set the lanes going."""
        records, lanes = self.shard.records, self.lanes
        if self._next < len(records):
            new = records[self._next :]
            self._next = len(records)
            if len(lanes) == 1:
                lanes[0].records += new
            else:
                for record in new:
                    lanes[record.key_hash % len(lanes)].records.append(record)
        for lane in lanes:
            lane.pump()

    @property
    def idle(self) -> bool:
        return self._next == len(self.shard.records) and all(lane.idle for lane in self.lanes)

    @property
    def done(self) -> bool:
        """Whether nothing will ever come of this shard again."""
        return self.shard.closed and self.idle
