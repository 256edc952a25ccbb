"""Each rule of the Kinesis mapping: how batches form, which records are read when, and what each result leads to."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator import (
    Behaviours,
    Function,
    FunctionFaults,
    KinesisMapping,
    KinesisSettings,
    PollerFaults,
    Stream,
    World,
)
from tests.unit.simulator.conftest import Script

Make = Callable[..., Function]
REPORT = KinesisSettings(report_batch_item_failures=True)
BISECT = KinesisSettings(report_batch_item_failures=True, bisect_batch_on_function_error=True)
HALVES_AGAIN: dict[str, Any] = {"maximum_retry_attempts": 1, "bisect_batch_on_function_error": True}


def failed(*identifiers: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


def from_index(*indices: int) -> Callable[..., Any]:
    """A response that reports these records of the batch."""
    return lambda event, _: failed(*(event["Records"][i]["kinesis"]["sequenceNumber"] for i in indices))


class Rig:
    """A stream of one shard, a scripted function, a mapping."""

    def __init__(
        self,
        world: World,
        *steps: Any,
        settings: KinesisSettings = REPORT,
        records: int = 8,
        keys: int = 1,
        shards: int = 1,
        retention_seconds: float = 86400.0,
        function_faults: FunctionFaults | None = None,
        **mapping: Any,
    ) -> None:
        self.world, self.script = world, Script(*steps)
        self.stream = Stream(world, shards=shards, retention_seconds=retention_seconds)
        function = Function(world, lambda: self.script, faults=function_faults or FunctionFaults(recycle=0))
        self.mapping = KinesisMapping(world, self.stream, function, settings, **mapping)
        self.records = self.stream.put_many((f"key-{i % keys}", b"data") for i in range(records))

    def run(self) -> "Rig":
        self.world.run()
        assert self.mapping.quiet
        return self

    @property
    def batches(self) -> list[list[int]]:
        """Each invocation's records, as indices of `records`."""
        index = {str(record.sequence): i for i, record in enumerate(self.records)}
        return [[index[sequence] for sequence in batch] for batch in self.script.batches]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The same, as (first, past the last)."""
        assert all(batch == list(range(batch[0], batch[-1] + 1)) for batch in self.batches)
        return [(batch[0], batch[-1] + 1) for batch in self.batches]


# How batches form.


def test_batches_by_count_in_order(world: World) -> None:
    rig = Rig(world, records=25, settings=KinesisSettings(batch_size=10)).run()
    assert rig.spans == [(0, 10), (10, 20), (20, 25)]
    assert [record.deliveries for record in rig.records] == [1] * 25


def test_a_batch_stays_within_the_invocation_payload(world: World) -> None:
    rig = Rig(world, records=0)
    rig.records = rig.stream.put_many([("key", bytes(1024 * 1024))] * 9)
    rig.run()
    assert rig.script.sizes == [4, 4, 1]  # 1 MiB is 1.33 MiB in base64


def test_the_window_waits_for_a_full_batch_and_no_longer(world: World) -> None:
    start = world.now
    rig = Rig(world, records=3, settings=KinesisSettings(batch_size=5, window_seconds=20))
    world.after(10, lambda: rig.records.extend(rig.stream.put_many([("key-0", b"")] * 4)))
    rig.run()
    assert rig.spans == [(0, 5), (5, 7)]
    assert 10 <= rig.script.times[0] - start < 12
    assert rig.script.times[1] - rig.script.times[0] >= 20


def test_lanes_split_by_key_and_keep_the_order_of_each(world: World) -> None:
    settings = KinesisSettings(batch_size=100, parallelization_factor=4)
    rig = Rig(world, records=60, keys=20, settings=settings).run()
    assert len(rig.script.events) == 4
    for batch in rig.batches:
        assert batch == sorted(batch)
    lane_of = {rig.records[i].partition_key: number for number, batch in enumerate(rig.batches) for i in batch}
    for number, batch in enumerate(rig.batches):
        assert all(lane_of[rig.records[i].partition_key] == number for i in batch)


def test_one_batch_in_flight_a_lane(world: World) -> None:
    rig = Rig(world, records=30, settings=KinesisSettings(batch_size=10))
    most = 0

    def watch(event: Any, context: Any) -> None:
        nonlocal most
        most = max(most, rig.mapping.function.in_flight + 1)

    rig.script.steps = [watch] * 3
    rig.run()
    assert most == 1


def test_short_batches(world: World) -> None:
    rig = Rig(world, records=30, settings=KinesisSettings(batch_size=10), faults=PollerFaults(short_batch=1)).run()
    assert len(rig.script.events) > 3
    assert sum(rig.script.sizes) == 30


# Responses.


@pytest.mark.parametrize("response", [None, {}, [], "", {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_empty_and_null_are_success(world: World, response: Any) -> None:
    rig = Rig(world, response).run()
    assert rig.spans == [(0, 8)]


@pytest.mark.parametrize(
    "response", [failed(""), failed(None), failed("12345"), {"batchItemFailures": [{"id": "1"}]}, failed(7)]
)
def test_an_identifier_that_is_empty_null_unknown_or_misnamed_fails_the_whole_batch(
    world: World, response: Any
) -> None:
    rig = Rig(world, response).run()
    assert rig.spans == [(0, 8), (0, 8)]
    assert rig.mapping.counts["complete_failures"] == 1


def test_one_unknown_identifier_among_good_ones_fails_the_whole_batch(world: World) -> None:
    rig = Rig(world, lambda event, _: failed(event["Records"][5]["kinesis"]["sequenceNumber"], "unknown")).run()
    assert rig.spans == [(0, 8), (0, 8)]


def test_the_lowest_sequence_number_is_the_checkpoint(world: World) -> None:
    rig = Rig(world, from_index(6, 3, 7)).run()
    assert rig.spans == [(0, 8), (3, 8)]
    assert [record.deliveries for record in rig.records] == [1, 1, 1, 2, 2, 2, 2, 2]


def test_the_lowest_is_lowest_as_a_number(world: World) -> None:
    rig = Rig(world, records=2000, settings=KinesisSettings(batch_size=2000, report_batch_item_failures=True))
    texts = [str(record.sequence) for record in rig.records]
    low = next(i for i in range(1999) if texts[i] > texts[i + 1])
    rig.script.steps = [from_index(low, low + 1)]
    rig.run()
    assert rig.spans == [(0, 2000), (low, 2000)]


def test_without_report_batch_item_failures_every_response_is_success(world: World) -> None:
    rig = Rig(world, from_index(0), settings=KinesisSettings()).run()
    assert rig.spans == [(0, 8)]


@pytest.mark.parametrize(
    ("response", "switch"),
    [
        ({"batchItemFailure": []}, "misspelt_key"),
        (17, "not_an_object"),
        ({"batchItemFailures": "text"}, "malformed_list"),
        ({"batchItemFailures": ["text"]}, "malformed_list"),
    ],
)
@pytest.mark.parametrize("treated", ["success", "failure"])
def test_malformed_responses_follow_their_switch(world: World, response: Any, switch: str, treated: str) -> None:
    switches: dict[str, Any] = {switch: treated}
    rig = Rig(world, response, behaviours=Behaviours(**switches)).run()
    assert rig.spans == ([(0, 8)] if treated == "success" else [(0, 8), (0, 8)])


def test_a_response_that_is_not_json_is_a_function_error(world: World) -> None:
    rig = Rig(world, lambda event, _: {"batchItemFailures": {1}}).run()
    assert rig.mapping.counts["function_errors"] == 1
    assert rig.spans == [(0, 8), (0, 8)]


# Bisecting.


def test_an_exception_bisects_down_to_the_bad_record_and_uses_up_no_retry(world: World) -> None:
    def bad(event: Any, _: Any) -> None:
        if any(record["kinesis"]["sequenceNumber"] == poison for record in event["Records"]):
            raise ValueError("poison")

    rig = Rig(world, *[bad] * 20, settings=KinesisSettings(**HALVES_AGAIN))
    poison = str(rig.records[5].sequence)
    rig.run()
    assert rig.spans == [(0, 8), (0, 4), (4, 8), (4, 6), (4, 5), (5, 6), (5, 6), (6, 8)]
    assert rig.mapping.counts["retries"] == 1
    assert [record.deliveries for record in rig.mapping.dropped] == [5]


def test_the_newer_half_may_come_first(world: World) -> None:
    rig = Rig(
        world,
        ValueError(),
        settings=KinesisSettings(**HALVES_AGAIN),
        behaviours=Behaviours(newer_half_first=True),
    ).run()
    assert rig.spans == [(0, 8), (4, 8), (0, 4)]


def test_a_partial_response_splits_at_the_returned_number_and_uses_up_no_retry(world: World) -> None:
    steps = [from_index(3), from_index(1), from_index(2)]
    settings = KinesisSettings(
        maximum_retry_attempts=0, bisect_batch_on_function_error=True, report_batch_item_failures=True
    )
    rig = Rig(world, *steps, settings=settings).run()
    assert rig.spans == [(0, 8), (3, 8), (4, 8), (6, 8)]
    assert (rig.mapping.counts["retries"], rig.mapping.dropped) == (0, [])


@pytest.mark.parametrize(("halves", "spans"), [(True, [(0, 8), (0, 4), (4, 8)]), (False, [(0, 8), (0, 8)])])
def test_a_partial_response_without_progress(world: World, halves: bool, spans: list[tuple[int, int]]) -> None:
    rig = Rig(world, from_index(0), settings=BISECT, behaviours=Behaviours(no_progress_halves=halves)).run()
    assert rig.spans == spans
    assert rig.mapping.counts["retries"] == (0 if halves else 1)


@pytest.mark.parametrize(("bisects", "second"), [(True, (0, 4)), (False, (0, 8))])
def test_a_complete_failure_by_response_bisects_or_not(world: World, bisects: bool, second: tuple[int, int]) -> None:
    behaviours = Behaviours(complete_failure_bisects=bisects)
    rig = Rig(world, failed(""), settings=BISECT, behaviours=behaviours).run()
    assert rig.spans[1] == second


def test_time_outs_and_kills_bisect_too(world: World) -> None:
    rig = Rig(world, lambda event, _: world.pass_time(1000), settings=KinesisSettings(**HALVES_AGAIN)).run()
    assert rig.spans == [(0, 8), (0, 4), (4, 8)]


# Retries, age, retention.


def test_retries_are_finite_and_then_the_lane_goes_on(world: World) -> None:
    settings = KinesisSettings(batch_size=4, maximum_retry_attempts=2)
    rig = Rig(world, *[ValueError()] * 3, settings=settings).run()
    assert rig.spans == [(0, 4), (0, 4), (0, 4), (4, 8)]
    assert rig.mapping.dropped == rig.records[:4]
    assert rig.script.times[1] - rig.script.times[0] >= 0.5  # it backs off


def test_without_a_limit_a_bad_record_blocks_its_lane_until_retention(world: World) -> None:
    def bad(event: Any, _: Any) -> None:
        if rig.records[0].envelope in event["Records"]:
            raise ValueError("poison")

    rig = Rig(world, *[bad] * 1000, settings=KinesisSettings(batch_size=1), records=2, retention_seconds=3600)
    rig.run()
    assert rig.mapping.expired == rig.records  # the second one waited behind the first
    assert rig.mapping.counts["invocations"] > 50


def test_progress_starts_a_new_count(world: World) -> None:
    settings = KinesisSettings(maximum_retry_attempts=1, report_batch_item_failures=True)
    steps = [from_index(0), from_index(1), from_index(0), from_index(0)]
    rig = Rig(world, *steps, settings=settings).run()
    assert rig.spans == [(0, 8), (0, 8), (1, 8), (1, 8)]
    assert rig.mapping.dropped == rig.records[1:]
    assert rig.mapping.counts["retries"] == 2


@pytest.mark.parametrize(
    ("resets", "spans"), [(True, [(0, 8), (0, 8), (1, 8), (1, 8)]), (False, [(0, 8), (0, 8), (1, 8)])]
)
def test_a_split_starts_a_new_count_or_not(world: World, resets: bool, spans: list[tuple[int, int]]) -> None:
    settings = KinesisSettings(
        maximum_retry_attempts=1, report_batch_item_failures=True, bisect_batch_on_function_error=True
    )
    steps = [from_index(0), from_index(1), from_index(0), from_index(0)]
    rig = Rig(world, *steps, settings=settings, behaviours=Behaviours(split_resets_retries=resets)).run()
    assert rig.spans == spans
    assert rig.mapping.dropped == rig.records[1:]


def test_throttles_use_up_no_retry(world: World) -> None:
    faults = FunctionFaults(throttled=((world.now, world.now + 600),))
    rig = Rig(world, settings=KinesisSettings(maximum_retry_attempts=0), function_faults=faults).run()
    assert rig.spans == [(0, 8)]
    assert rig.mapping.counts["throttled"] > 5
    assert rig.mapping.dropped == []
    assert [record.deliveries for record in rig.records] == [1] * 8


def test_record_age_bounds_throttles(world: World) -> None:
    faults = FunctionFaults(throttled=((world.now, world.now + 600),))
    rig = Rig(world, settings=KinesisSettings(maximum_record_age_seconds=300), function_faults=faults).run()
    assert rig.script.events == []
    assert rig.mapping.dropped == rig.records


def test_of_a_batch_only_the_records_that_are_too_old_are_discarded(world: World) -> None:
    faults = FunctionFaults(throttled=((world.now, world.now + 70),))
    settings = KinesisSettings(maximum_record_age_seconds=60)
    rig = Rig(world, records=3, settings=settings, function_faults=faults)
    rig.mapping.switch_off()
    world.after(50, lambda: rig.records.extend(rig.stream.put_many([("key-0", b"")] * 3)))
    world.after(65, rig.mapping.switch_on)
    rig.run()
    assert rig.mapping.dropped == rig.records[:3]
    assert rig.batches == [[3, 4, 5]]


@pytest.mark.parametrize(("age", "retention_seconds"), [(60.0, 86400.0), (-1.0, 60.0)])
def test_a_long_backlog_that_is_too_old(world: World, age: float, retention_seconds: float) -> None:
    settings = KinesisSettings(batch_size=1, maximum_record_age_seconds=age)
    rig = Rig(world, records=3000, settings=settings, retention_seconds=retention_seconds)
    rig.mapping.switch_off()
    world.after(3600, rig.mapping.switch_on)
    rig.run()
    assert rig.mapping.dropped + rig.mapping.expired == rig.records


# Pollers.


def test_a_crash_delivers_again_from_the_checkpoint(world: World) -> None:
    rig = Rig(world, records=30, settings=KinesisSettings(batch_size=10))
    rig.mapping.faults = PollerFaults(crash=1)
    rig.script.steps = [None, lambda event, _: setattr(rig.mapping, "faults", PollerFaults())]
    rig.run()
    assert rig.spans == [(0, 10), (0, 10), (10, 20), (20, 30)]


def test_a_lagging_checkpoint_delivers_more_again(world: World) -> None:
    rig = Rig(world, records=30, settings=KinesisSettings(batch_size=10))
    rig.mapping.faults = PollerFaults(checkpoint_lag=1)

    def then(faults: PollerFaults) -> Callable[..., None]:
        return lambda event, _: setattr(rig.mapping, "faults", faults)

    rig.script.steps = [None, then(PollerFaults(crash=1)), then(PollerFaults())]
    rig.run()
    assert rig.spans == [(0, 10), (10, 20), (0, 10), (10, 20), (20, 30)]


def test_duplicates(world: World) -> None:
    rig = Rig(world, faults=PollerFaults(duplicate=1)).run()
    assert rig.spans == [(0, 8), (0, 8)]
    assert [record.deliveries for record in rig.records] == [2] * 8


def test_switched_off_it_delivers_nothing_and_goes_on_where_it_was(world: World) -> None:
    rig = Rig(world)
    rig.mapping.switch_off()
    world.run()
    assert rig.script.events == []
    assert not rig.mapping.quiet
    rig.mapping.switch_on()
    rig.run()
    assert rig.spans == [(0, 8)]


# Resharding.


def test_children_come_after_their_parents(world: World) -> None:
    rig = Rig(world, *[ValueError()] * 6, records=20, keys=7, shards=2, settings=KinesisSettings(batch_size=3))
    rig.stream.split(rig.stream.shards[0].id)
    rig.stream.put_many((f"key-{i % 7}", b"") for i in range(20))
    rig.stream.merge(rig.stream.open_shards[0].id, rig.stream.open_shards[1].id)
    rig.stream.put_many((f"key-{i % 7}", b"") for i in range(20))
    rig.run()
    shards = [event["Records"][0]["eventID"].partition(":")[0] for event in rig.script.events]
    for shard in rig.stream.shards:
        for parent in shard.parents:
            if parent.records and shard.records:
                assert len(shards) - 1 - shards[::-1].index(parent.id) < shards.index(shard.id)
    assert all(record.deliveries for record in rig.stream.records)


@pytest.mark.parametrize("seed", range(40))
def test_children_come_after_a_parent_whose_end_was_given_up(seed: int) -> None:
    rig = Rig(World(seed), ValueError(), settings=KinesisSettings(maximum_retry_attempts=0))
    rig.stream.split(rig.stream.shards[0].id)
    rig.records += rig.stream.put_many([("key-0", b"")])
    rig.run()
    assert rig.spans == [(0, 8), (8, 9)]


def test_each_switch_is_drawn_both_ways(world: World) -> None:
    drawn = [Behaviours.draw(world.random) for _ in range(50)]
    for name in Behaviours.__dataclass_fields__:
        assert len({getattr(behaviours, name) for behaviours in drawn}) == 2, name
