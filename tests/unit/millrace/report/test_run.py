"""A kept run as it is read, and what of it is told apart: log, plan, cost."""

import json
from copy import replace
from pathlib import Path

import pytest

from millrace import report, sources
from millrace.accounting import kept
from millrace.errors import UserError
from millrace.report import invocations, latest, plan
from millrace.report.cost import DEFAULT, Prices, estimate
from millrace.report.flow import flow_charts
from millrace.report.run import KeptRun
from millrace.report.sections import flow
from millrace.services.charges import ALARMS, KEYS, Charge
from millrace.services.kinesis import SHARDS
from millrace.sources.kinesis import KinesisSourceOperations
from model_store.calibrator import Calibrator
from telemetry.batch_report import BatchReport
from tests.fakes.kept_run import LOG, PLAN, keep, manifest, told


def test_a_run_is_read_whole(tmp_path: Path) -> None:
    run = KeptRun.read(keep(tmp_path / "20261121-124107", lost=3))

    assert run.name == "20261121-124107"
    assert run.counts.events == 402
    assert (run.counts.predictions, run.counts.quarantined, run.counts.unaccounted) == (397, 2, 3)
    assert run.faults == {"unaccounted": 3}
    assert run.versions == [("1", "champion", 199), ("2", "challenger", 198)]
    assert run.drift is not None
    assert run.drift["hour"].rows == 397
    assert run.seconds == pytest.approx(4.5, abs=0.2)


def test_quality_is_that_of_one_variant(tmp_path: Path) -> None:
    run = KeptRun.read(keep(tmp_path / "run"))

    champion, challenger = run.quality("champion"), run.quality("challenger")

    assert champion is not None
    assert challenger is not None
    assert (champion.n, challenger.n) == (200, 200)
    assert run.quality("shadow") is None


def test_a_calibrated_model_has_an_expected_quality(tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")
    assert KeptRun.read(folder).expected("champion") is None
    plain = manifest()
    output = replace(plain.output, calibration=Calibrator("platt", (0.0, 1.0), (0.0, 1.0)))
    (folder / kept.MANIFEST).write_bytes(replace(plain, output=output).to_bytes())
    (folder / kept.DRIFT).unlink()  # of the other manifest

    run = KeptRun.read(folder)

    expected = run.expected("champion")
    assert expected is not None
    assert expected.n == 200
    assert run.expected("shadow") is None
    assert "Expected by the calibrated scores" in report.write(folder).read_text()


def test_what_was_not_kept_is_not_guessed(tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")
    for name in (kept.RECEIPTS, kept.PREDICTIONS, kept.MANIFEST, kept.DRIFT, kept.LOG, kept.PLAN):
        (folder / name).unlink()

    run = KeptRun.read(folder)

    assert (run.receipts, run.scored, run.manifest, run.drift, run.log.batches) == ([], [], None, None, [])
    assert run.stack == plan.Sizes()
    assert run.counts.batches is None
    assert run.quality("champion") is None


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected a run .* found none"):
        KeptRun.read(tmp_path)


@pytest.mark.parametrize("name", [kept.SUMMARY, kept.PREDICTIONS, kept.MANIFEST, kept.DRIFT, kept.PLAN])
def test_a_damaged_file_is_one_line(name: str, tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")
    (folder / name).write_text("{")

    with pytest.raises(UserError, match="a file of the run cannot be read"):
        KeptRun.read(folder)


def test_the_last_run_is_found(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="`make demo` makes one"):
        latest(tmp_path)
    for name in ("20261121-124107", "20261122-000000", "20261120-235959"):
        (tmp_path / name).mkdir()

    assert latest(tmp_path).name == "20261122-000000"


def test_a_log_tells_batches_invocations_and_cold_starts() -> None:
    log = invocations.read(LOG)
    assert log.engines() == "native engine, trees by native"

    assert [(b.records, b.predictions, b.quarantined, b.failed, b.milliseconds) for b in log.batches] == [
        (300, 298, 2, 0, 41.5),
        (102, 100, 0, 2, 12.5),
    ]
    assert log.invocations == 2
    assert log.gigabyte_seconds == pytest.approx(0.071 * 2)
    assert log.cold_starts == [812.4]


def test_a_plan_tells_what_is_paid_for_without_events() -> None:
    found = plan.sizes(PLAN)

    assert (found.standing, found.architecture, found.sink) == ({SHARDS: 5, KEYS: 1, ALARMS: 0}, "arm64", "kinesis")


def test_streams_on_demand_have_no_shards() -> None:
    on_demand = json.loads(json.dumps(PLAN).replace('"shard_count": 3', '"shard_count": null'))

    assert plan.sizes(on_demand).standing[SHARDS] is None


def test_an_alarm_is_charged_by_the_metrics_that_it_reads() -> None:
    queries = [
        {"id": "value", "expression": "a + b", "metric": []},
        {"id": "a", "metric": [{}]},
        {"id": "b", "metric": [{}]},
    ]
    resources = [
        {"type": "aws_cloudwatch_metric_alarm", "address": "a", "mode": "managed", "values": {"metric_query": found}}
        for found in ([], queries)
    ]

    found = plan.sizes({"planned_values": {"root_module": {"resources": resources}}})

    assert found.standing[ALARMS] == 3


def test_the_estimate_is_the_runs_quantities_times_the_prices(tmp_path: Path) -> None:
    run, prices = KeptRun.read(keep(tmp_path / "run")), Prices.read()

    found = estimate(run, prices)

    items = {item.what: item for item in found.used}
    assert items["Kinesis units of 25 KB, event stream"].cost == pytest.approx(381 * 0.014 / 1e6)
    assert items["Lambda GB-seconds"].cost == pytest.approx(0.142 * 0.0000133334), "the plan says arm64"
    assert items["S3 puts, quarantine"].quantity == 1
    assert found.cost == pytest.approx(sum(item.cost for item in found.used))
    assert found.a_million == pytest.approx(found.cost / 402 * 1e6)
    assert found.a_month == pytest.approx(5 * 730 * 0.015 + 1.0)
    assert found.complete


@pytest.mark.parametrize(("mapped", "charged"), [(True, True), (False, False), (None, True)])
def test_a_queue_is_charged_where_the_topic_has_one(tmp_path: Path, mapped: bool | None, charged: bool) -> None:
    """Direct delivery has none; without a plan, the usual one is assumed."""
    folder = keep(tmp_path / "run")
    resource = {"mode": "managed", "type": "aws_lambda_event_source_mapping", "values": {}}
    addresses = ["module.event_stream"] + (["module.event_topic[0]"] if mapped else [])
    resources = [resource | {"address": f"module.millrace.{address}.{resource['type']}.this"} for address in addresses]
    (folder / kept.PLAN).write_text(json.dumps({"planned_values": {"root_module": {"resources": resources}}}))
    if mapped is None:
        (folder / kept.PLAN).unlink()

    items = {item.what for item in estimate(KeptRun.read(folder), Prices.read()).used}

    assert "SNS publishes, event topic" in items
    assert ("SQS requests, event topic" in items) is charged


def test_a_third_source_has_its_events_its_box_and_its_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class TableOperations(KinesisSourceOperations):
        name, path = "pigeon", "event_pigeon"
        charges = (Charge("Reads", SHARDS.price),)

    monkeypatch.setattr(sources, "SOURCES", {**sources.SOURCES, "pigeon": TableOperations()})
    folder = keep(tmp_path / "run")
    summary = json.loads((folder / kept.SUMMARY).read_text())
    summary["sent"]["event_pigeon"] = 5_000
    (folder / kept.SUMMARY).write_text(json.dumps(summary))

    run = KeptRun.read(folder)

    assert run.counts.sources == {"event_stream": 381, "event_topic": 21, "event_pigeon": 5_000}
    assert run.counts.events == 5_402
    words = [one.text for one in flow_charts(run.counts)[0].iter("text")]
    assert words[words.index("event_pigeon") + 1] == "5,000"
    assert ["event_pigeon: events in", "5,000"] in [[cell.text for cell in row] for row in flow(run).iter("tr")]
    items = {item.what: item for item in estimate(run, Prices.read()).used}
    assert items["Reads, event pigeon"].quantity == 5_000


def test_without_a_log_the_estimate_says_that_it_lacks_something(tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")
    (folder / kept.LOG).unlink()

    assert not estimate(KeptRun.read(folder), Prices.read()).complete


def test_prices_are_an_input(tmp_path: Path) -> None:
    document = json.loads(DEFAULT.read_text())
    document["region"], document["prices"]["kms_key_month"] = "eu-central-1", 2
    (tmp_path / "mine.json").write_text(json.dumps(document))

    prices = Prices.read(tmp_path / "mine.json")

    assert (prices.region, prices.prices["kms_key_month"]) == ("eu-central-1", 2.0)


@pytest.mark.parametrize(
    "text", ["{", "{}", "[]", '{"region": 1, "currency": 1, "as_of": 1, "source": 1, "prices": {}}']
)
def test_other_files_are_no_prices(text: str, tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text(text)

    with pytest.raises(UserError, match=r"expected prices as in prices\.json"):
        Prices.read(tmp_path / "prices.json")


def test_a_log_tells_what_scored_and_how_much_where_it_was_not_one_engine_alone():
    def line(records, **notes):
        return told(BatchReport(records, records), 1.0, **notes)

    native = {"engine": "native", "scored_by": {"champion": "native", "challenger": "xgboost"}}
    python = {"engine": "python", "scored_by": {"champion": "xgboost"}}
    lines = [line(3, **native), line(10, **python), line(2, **native)]
    assert invocations.read(lines[0]).engines() == "native engine, trees by native and xgboost"
    assert invocations.read("\n".join(lines)).engines() == (
        "python engine, trees by xgboost (10 records); native engine, trees by native and xgboost (5 records)"
    )
    assert invocations.read(line(3)).engines() == ""
