"""A run's circumstances, all of them drawn from its seed: sources, sizes, traffic, releases, faults."""

import random
from copy import replace
from dataclasses import dataclass

from simulator import (
    AsyncSettings,
    Behaviours,
    KinesisSettings,
    QueueBehaviours,
    QueueSettings,
)
from tests.simulation import models
from tests.simulation.faults import (
    CORRUPT_RELEASE,
    CORRUPT_SHADOW,
    DAMAGED_STORE,
    LATE_RELEASE,
    NEEDLESS,
    SHADOW_ONLY,
    SHADOW_SINK,
    Faults,
)  # fmt: skip
from tests.simulation.releases import Released, linked, may_serve

START, MIDNIGHT = 1_700_000_000.0, 1_700_006_400.0  # epoch seconds
SINKS = ("kinesis", "kinesis", "kinesis", "sns", "sqs")
# Drawn apart, so that the rest of a seed's scenario is what it was before there were these; and so that seeds that are
# known to detect a mutant of SNS or SQS (killed_by.py) keep their sink.
LIKE = {"sns": ("sns", "eventbridge"), "sqs": ("sqs", "firehose", "dynamodb")}
APART = 8109
# A table takes one item a call, and those of a key one after the other, in up to 20 ms each: so many of one key are
# written within the shortest timeout.
MOST_ITEMS = 200
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the producers send, over `seconds`, in `pulses`: how much of it on which path, and how bad it is.

    `keys` partition keys, of which the low numbers come more often the higher `skew` is. `aggregated`: share of the
    stream's events that come inside KPL records. `huge`: the event whose prediction no sink can take, if any.
    """

    records: int
    seconds: float
    pulses: int
    queued: int
    direct: int
    keys: int
    skew: float
    bad: float
    aggregated: float
    huge: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """`put_bytes`: what PutRecords takes. `page_keys`: how many keys S3 lists at a time.

    `drift_seconds`: between two writes of a container's drift counts; None where nothing is counted.
    """

    seed: int
    start: float
    traffic: Traffic
    shards: int
    reshards: tuple[tuple[float, str], ...]
    mapping: KinesisSettings
    behaviours: Behaviours
    queue: QueueSettings
    queue_behaviours: QueueBehaviours
    max_receive_count: int
    asynchronous: AsyncSettings
    timeout_seconds: float
    under_fire: bool  # whether a redrive runs while all still fails
    sink: str
    aggregate_ranges: int
    wire: str
    put_bytes: int
    shadow_sink: str | None
    drift_seconds: float | None
    page_keys: int
    poll_seconds: float
    releases: tuple[Released, ...]
    faults: Faults

    @property
    def fault_free(self) -> bool:
        return self.faults.kinds <= NEEDLESS

    @property
    def may_serve(self) -> list[Released]:
        """What may score an event."""
        return may_serve(self.releases, damaged=DAMAGED_STORE in self.faults.kinds)

    @classmethod
    def draw(cls, seed: int, records: int) -> "Scenario":
        """The scenario of a seed. It has its own random source, so that a run may draw as it likes."""
        random_ = random.Random(f"scenario {seed}")
        traffic = _traffic(random_, records)
        start = MIDNIGHT - random_.choice((0.3, 1.0, 500.0)) * traffic.seconds
        faults = Faults.draw(random_, start, traffic.seconds)
        sink = random_.choice(SINKS)
        sink = random.Random(f"sink {APART} {seed}").choice(LIKE.get(sink, (sink,)))
        drift_seconds, faults = _drift(random.Random(f"drift {seed}"), sink, faults, start, traffic.seconds)
        shadowed = bool(faults.kinds & SHADOW_ONLY) or random_.random() < 0.3
        shadow_sinks = ("kinesis", "sns") if faults.kinds & SHADOW_SINK else ("kinesis", "sns", None)
        return cls(
            seed=seed,
            start=start,
            traffic=traffic,
            shards=random_.choice((1, 2, 2, 3, 4)),
            reshards=_reshards(random_, traffic.seconds),
            mapping=_mapping(random_, sink),
            behaviours=Behaviours.draw(random.Random(f"behaviours {seed}")),
            queue=QueueSettings(
                batch_size=random_.choice((10, 100, 100)),
                window_seconds=random_.choice((1.0, 2.0, 5.0)),
                maximum_concurrency=random_.choice((2, 5)),
                report_batch_item_failures=True,
            ),
            queue_behaviours=QueueBehaviours(
                misspelt_key=random_.choice(("success", "failure")),
                not_an_object=random_.choice(("success", "failure")),
                malformed_list=random_.choice(("success", "failure")),
            ),
            max_receive_count=random_.choice((2, 3, 5)),
            asynchronous=AsyncSettings(random_.choice((0, 1, 2)), random_.choice((300.0, 21_600.0))),
            timeout_seconds=random_.choice((10.0, 30.0, 60.0)),
            under_fire=random_.random() < 0.4,
            sink=sink,
            aggregate_ranges=random_.choice((0, 0, 8, 16)) if sink == "kinesis" else 0,
            wire=random.Random(f"wire {seed}").choice(("json", "json", "cbor")),
            put_bytes=random_.choice((5, 10)) * MIB,
            shadow_sink=random_.choice(shadow_sinks) if shadowed else None,
            drift_seconds=drift_seconds,
            page_keys=random_.choice((3, 50, 1000)),
            poll_seconds=random_.choice((0.0, 1.0, 5.0, 30.0)),
            releases=_releases(random_, traffic.seconds, faults.kinds, shadowed=shadowed),
            faults=faults,
        )


def _traffic(random_: random.Random, records: int) -> Traffic:
    return Traffic(
        records=records,
        seconds=random_.choice((40.0, 90.0, 180.0)),
        pulses=random_.choice((1, 4, 4, 4, max(4, records // 1000), max(4, records // 2000), max(4, records // 4000))),
        queued=int(records * random_.choice((0.05, 0.1, 0.15))),
        direct=max(5, records // 1000),
        keys=random_.choice((3, 40, 500, 5000)),
        skew=random_.choice((1.0, 1.0, 3.0)),
        bad=random_.choice((0.005, 0.02, 0.05)),
        aggregated=random_.choice((0.0, 0.0, 0.2, 0.7)),
        huge=random_.random() < 0.2,
    )


def _mapping(random_: random.Random, sink: str) -> KinesisSettings:
    """Terraform's ranges, and retries without end as AWS has them by default.

    The other sinks take few entries a call: a large batch is mostly delivered again there when calls time out.
    """
    sizes = (100, 200, 500, 1000, 2000) if sink == "kinesis" else (100, 200, 500)
    return KinesisSettings(
        batch_size=min(random_.choice(sizes), MOST_ITEMS if sink == "dynamodb" else max(sizes)),
        window_seconds=random_.choice((0.0, 0.0, 1.0, 5.0)),
        parallelization_factor=random_.choice((1, 1, 1, 2, 4)),
        maximum_retry_attempts=random_.choice((-1, 1, 2, 5, 10)),
        maximum_record_age_seconds=random_.choice((-1.0, 90.0, 600.0)),
        bisect_batch_on_function_error=random_.random() < 0.5,
        report_batch_item_failures=True,
    )


def _reshards(random_: random.Random, seconds: float) -> tuple[tuple[float, str], ...]:
    count = random_.choice((0, 0, 1, 2, 4))
    return tuple(sorted((random_.uniform(0, seconds), random_.choice(("split", "merge"))) for _ in range(count)))


def _drift(
    random_: random.Random, sink: str, faults: Faults, start: float, seconds: float
) -> tuple[float | None, Faults]:
    """Seconds between two writes of counts, and the faults with those of their bucket. Drawn apart, as the sink.

    A table acknowledges copies that it does not write: there the simulation could not tell what was predicted.
    """
    if sink == "dynamodb" or random_.random() < 0.5:
        return None, faults
    return random_.choice((0.0, 5.0, 30.0, 300.0)), faults.of_drift(random_, start, seconds)


def _releases(random_: random.Random, seconds: float, kinds: frozenset[str], *, shadowed: bool) -> tuple[Released, ...]:
    """A first release, then swaps and splits; a late first one leaves the scorer without a model for a while.

    A corrupt one is rolled back after some time: until then the last good one serves, where there is one; in a new
    container, the champion before, where the release names it.
    """
    first = random_.uniform(5.0, 30.0) if LATE_RELEASE in kinds else 0.0
    releases = [Released(first, random_.choice(models.VERSIONS), *_challenger(random_))]
    for _ in range(random_.choice((0, 1, 2, 4))):
        after = random_.uniform(first + 1.0, seconds)
        releases.append(Released(after, random_.choice(models.VERSIONS), *_challenger(random_)))
    for _ in range(random_.choice((1, 2, 3)) if CORRUPT_RELEASE in kinds else 0):
        after = random_.uniform(first + 1.0, seconds)
        releases.append(Released(after, models.CORRUPT, *_challenger(random_), corrupt=random_.choice((0, 1, 2, 3, 3))))
        after += random_.uniform(5.0, 60.0)
        releases.append(Released(after, random_.choice(models.VERSIONS), *_challenger(random_)))
    releases.sort(key=lambda release: release.after_seconds)
    if shadowed:
        shadows = (*models.VERSIONS, models.CORRUPT) if CORRUPT_SHADOW in kinds else models.VERSIONS
        releases = [replace(release, shadow=random_.choice(shadows)) for release in releases]
    return tuple(linked(releases, named=[random_.random() < 0.75 for _ in releases]))


def _challenger(random_: random.Random) -> tuple[str | None, float]:
    if random_.random() < 0.5:
        return None, 0.0
    return random_.choice(models.VERSIONS), random_.choice((0.1, 0.5))
