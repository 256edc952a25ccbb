"""Sizes, costs and quotas for a demand."""

from datetime import date

import pytest
from typer.testing import CliRunner

from millrace.capacity.cost import SECONDS_A_MONTH, age_months, monthly
from millrace.capacity.recommendation import FULL, MOST_EVENTS, Demand, recommend
from millrace.capacity.service_time import ServiceTime, event_microseconds
from millrace.cli import app
from millrace.errors import UserError
from millrace.report.cost import Prices
from millrace.sinks import SINKS


def sizes_of(demand, entries=500):
    return recommend(demand, ServiceTime(demand.event_us, entries))


@pytest.mark.parametrize(
    ("events", "size", "shards"),
    [(1, 400, 1), (700, 400, 1), (701, 400, 2), (5_000, 400, 8), (1_000, 10_000, 14), (1_000_000, 500, 1429)],
)
def test_shards_follow_from_records_or_bytes(events, size, shards):
    assert sizes_of(Demand(events, size, 11.0)).shards == shards


def test_nothing_is_planned_to_be_fuller_than_it_should():
    for events in (10, 999, 12_345, 400_000, MOST_EVENTS):
        for size in (100, 5_000, 100_000):
            assert all(load.share <= FULL + 1e-9 for load in sizes_of(Demand(events, size, 11.0)).loads[:5])


def test_slow_models_get_more_batches_at_a_time_and_then_no_plan():
    factors = [sizes_of(Demand(700, 400, us)).parallelization_factor for us in (11.0, 1_500.0, 5_000.0)]
    assert factors == sorted(factors)
    assert factors[0] == 1 < factors[-1]
    with pytest.raises(UserError, match="more than 10 concurrent batches at 50,000 µs"):
        sizes_of(Demand(700, 400, 50_000.0))


def test_what_waits_longer_than_allowed_is_refused():
    with pytest.raises(UserError, match=r"age: expected 0\.5 s or less"):
        sizes_of(Demand(700, 400, 11.0, age_seconds=0.5))


@pytest.mark.parametrize(("events", "size"), [(0, 400), (MOST_EVENTS + 1, 400), (10, 0), (10, 2**20 + 1)])
def test_a_demand_that_no_stream_takes_is_refused(events, size):
    with pytest.raises(UserError, match="expected"):
        sizes_of(Demand(events, size, 11.0))


def test_quotas_that_are_exceeded_are_named_with_what_is_needed():
    assert sizes_of(Demand(5_000, 400, 11.0)).exceeded == ()
    found = {quota.name: needed for quota, needed in sizes_of(Demand(MOST_EVENTS, 500, 11.0)).exceeded}
    assert found == {"Concurrent executions": 1672}
    on_a_table = sizes_of(Demand(50_000, 400, 11.0, SINKS["dynamodb"]), 4).exceeded
    assert [(quota.service, needed) for quota, needed in on_a_table] == [("DynamoDB", 50_000)]


def test_each_part_of_a_month_is_priced():
    demand, prices = Demand(1_000, 400, 11.0), Prices.read()
    sizes = sizes_of(demand)
    costs = {item.what: item.cost for item in monthly(demand, sizes, prices)}
    assert costs["event stream, shard hours"] == pytest.approx(2 * 730 * 0.015)
    assert costs["event stream, units of 25 KB"] == pytest.approx(1_000 * SECONDS_A_MONTH * 0.014 / 1e6)
    assert costs["prediction sink, Kinesis units of 25 KB"] == costs["event stream, units of 25 KB"]
    seconds = sizes.invocations * SECONDS_A_MONTH * sizes.batch_seconds
    assert costs["Lambda GB-seconds"] == pytest.approx(seconds * 1769 / 1024 * 0.0000133334)
    aggregated = {item.what: item.cost for item in monthly(Demand(1_000, 400, 11.0, aggregated=True), sizes, prices)}
    assert aggregated["prediction sink, Kinesis units of 25 KB"] < costs["prediction sink, Kinesis units of 25 KB"] / 30


@pytest.mark.parametrize("name", SINKS)
def test_every_sink_can_be_planned(name):
    demand = Demand(1_000, 400, 11.0, SINKS[name])
    sizes = sizes_of(demand, SINKS[name].entries)
    assert bool(sizes.sink_shards) is (name == "kinesis")
    assert any(item.what.startswith("prediction sink") for item in monthly(demand, sizes, Prices.read()))


def test_prices_have_an_age():
    assert age_months(Prices.read(), date(2027, 2, 1)) == 8


def test_time_grows_with_bytes_and_trees():
    assert event_microseconds(400, 300) < event_microseconds(4_000, 300) < event_microseconds(4_000, 3_000)
    assert event_microseconds(395, 300) == pytest.approx(2 * (2.4 + 0.54 + 0.33 + 2.1))


def run(*arguments):
    return CliRunner().invoke(app, ["capacity", *map(str, arguments)])


def test_the_command_prints_settings_what_breaks_first_and_the_age_of_prices():
    result = run("--events-per-second", 5_000, "--event-bytes", 400)
    assert result.exit_code == 0
    assert "shards  = 8" in result.stdout
    assert "breaks first  records written to a shard, at 8,000 events a second" in result.stdout
    assert "2026-06 (" in result.stdout
    assert " months old)" in result.stdout


def test_the_command_counts_the_trees_of_a_model(tmp_path):
    from tests.fakes.artifacts import artifact

    made = artifact()
    (tmp_path / made.manifest.file.name).write_bytes(made.model)
    few, many = (run("--events-per-second", 100, *model) for model in (("--model", tmp_path), ()))
    assert few.exit_code == 0, few.output
    assert few.stdout.splitlines()[0] != many.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sink", "pigeon"), "expected one of kinesis"),
        (("--architecture", "z80"), "expected arm64 or x86_64"),
        (("--model", "none"), "--model: expected a model file"),
        (("--event-bytes", 0), "--event-bytes: expected"),
        (("--age-seconds", "0"), "--age-seconds: expected a number of seconds above 0, got 0"),
        (("--sink", "sqs", "--aggregated"), "--aggregated: expected a Kinesis sink"),
    ],
)
def test_a_wrong_option_is_one_line(arguments, message):
    result = run("--events-per-second", 100, *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
