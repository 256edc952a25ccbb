"""The examples of docs/contracts.md, read and written by the code that does so in production."""

import base64
import json
import re
from array import array
from collections import Counter, defaultdict
from copy import copy, replace
from datetime import datetime
from typing import Any

import pytest
from markdown_it import MarkdownIt

import sources
from evaluation.drift import Window
from evaluation.drift_counts import Counts
from evaluation.sampling import Sample
from http_api.errors import CODES
from http_api.settings import HttpSettings
from millrace.accounting import invocation_lines
from millrace.accounting.failures import on_failure_ids
from millrace.accounting.prediction import prediction
from millrace.paths import ROOT
from millrace.redrive import quarantined
from model_store.documents import Document
from model_store.manifest import Manifest
from model_store.prediction_form import PredictionForm
from model_store.release import Release
from model_store.reserved import RESERVED
from outcomes import drift
from outcomes.collected import OUTCOME_COLUMNS, PREDICTION_COLUMNS, CollectedPrediction, ObservedOutcome
from outcomes.hours import hour_of
from records.delivered import Delivered
from records.faults import Code, Fault
from records.record import Record
from records.rejected import Rejected
from records.strict_json import decode
from releases.record import WorkflowRecord
from scoring.predictions import Encoder
from scoring.validate import Validator
from serving.config import ScorerConfig
from sinks import make_sink
from sinks.quarantine import entry
from sources import redrive
from telemetry.batch_report import BatchReport
from telemetry.metrics import EVENTS, UNITS, Metrics

DOCUMENT = (ROOT / "docs" / "contracts.md").read_text()


def _examples() -> dict[str, list[str]]:
    """The JSON examples by the name behind `json` in their fence."""
    found = defaultdict(list)
    for token in MarkdownIt().parse(DOCUMENT):
        if token.type == "fence" and token.info.startswith("json "):
            found[token.info.removeprefix("json ")].append(token.content)
    return found


def _first_column(section: str, header: str) -> set[str]:
    """The names in the first column of the table under `header`, in a section of the document."""
    text = DOCUMENT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    table = text.split(f"\n| {header} |")[1].split("\n\n")[0]
    return {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}


EXAMPLES = _examples()
MODEL = "purchase-intent"
STREAM_BATCH, TOPIC_BATCH = (json.loads(text) for text in EXAMPLES["on-failure"])


@pytest.fixture
def manifest() -> Manifest:
    return Manifest.from_bytes(EXAMPLES["manifest"][0].encode())


@pytest.fixture
def records() -> list[Record]:
    """The records of the example batch: one to score, one for quarantine."""
    return sources.read(json.loads(STREAM_BATCH["payload"]), MODEL).records


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_every_example_is_there() -> None:
    counts = {name: len(texts) for name, texts in EXAMPLES.items()}
    once = (
        "event",
        "manifest",
        "release",
        "workflow",
        "prediction",
        "prediction-compact",
        "outcome",
        "drift-counts",
        "drift",
        "quarantine",
        "redrive",
        "redrive-response",
        "training-request",
        "training-response",
        "metrics",
    )
    assert counts == dict.fromkeys(once, 1) | {"on-failure": 2}


def test_the_event_is_the_first_of_the_batch_and_valid(manifest: Manifest, records: list[Record]) -> None:
    event = decode(EXAMPLES["event"][0].encode())
    assert event == decode(records[0].data)
    assert Validator(manifest).row(event) == ("session-7-000000042", (4.0, 80.0, 0.0, 0.0), 0, "")


def test_the_manifest_shows_every_member_that_is_stored(manifest: Manifest) -> None:
    assert json.loads(manifest.to_bytes()) == json.loads(EXAMPLES["manifest"][0])


def test_every_reserved_member_is_explained() -> None:
    """The members of the manifest that are not built yet are in the table that says what they are for."""
    table = DOCUMENT.split("\n| member | later |")[1].split("\n\n")[0]
    explained = set(re.findall(r"[a-z_]+", " ".join(line.split(" | ")[0].strip("| ") for line in table.splitlines())))
    reserved = {word for part, members in RESERVED.items() for name in members for word in (part, name)}
    assert explained == reserved


def test_the_workflow_record_shows_every_member() -> None:
    record = WorkflowRecord.from_bytes(EXAMPLES["workflow"][0].encode())
    assert json.loads(record.to_bytes()) == json.loads(EXAMPLES["workflow"][0])


def test_the_release_shows_every_member_and_pins_the_manifest(manifest: Manifest) -> None:
    release = Release.from_bytes(EXAMPLES["release"][0].encode())
    assert json.loads(release.to_bytes()) == json.loads(EXAMPLES["release"][0])
    assert (release.champion.version, release.champion.manifest_digest) == (manifest.version, manifest.digest())


def test_the_compact_prediction_is_what_the_encoder_writes(manifest: Manifest, records: list[Record]) -> None:
    example, full = (json.loads(EXAMPLES[name][0]) for name in ("prediction-compact", "prediction"))
    event_id, scores = decode(records[0].data)["event_id"], array("f", [example["score"]])
    sizes = []
    for form in (PredictionForm(), PredictionForm("compact"), PredictionForm("compact", partition_key=False)):
        encoder = Encoder(replace(manifest, prediction=form), manifest.digest(), "champion")
        body = encoder.encode(records[0], event_id, scores, _seconds(example["scored_at"]))
        sizes.append(str(len(body)))
        expected = dict(example if form.compact else full)
        if not form.partition_key:
            del expected["partition_key"]
        assert json.loads(body) == expected
        assert list(json.loads(body)) == list(expected)
    assert f"for the example, {sizes[1]} bytes in place of {sizes[0]}, and {sizes[2]} with" in DOCUMENT


def test_both_forms_are_read_alike() -> None:
    full, compact = (json.loads(EXAMPLES[name][0]) for name in ("prediction", "prediction-compact"))
    assert CollectedPrediction.read(full, MODEL) == CollectedPrediction.read(compact, MODEL)
    assert prediction(json.dumps(full), 0.0) == replace(prediction(json.dumps(compact), 0.0), path="event_stream")


def test_the_prediction_is_what_the_encoder_writes(manifest: Manifest, records: list[Record]) -> None:
    example = json.loads(EXAMPLES["prediction"][0])
    encoder = Encoder(manifest, manifest.digest(), "champion")
    event_id = decode(records[0].data)["event_id"]
    body = encoder.encode(records[0], event_id, array("f", [example["score"]]), _seconds(example["scored_at"]))
    assert json.loads(body) == example
    assert list(json.loads(body)) == list(example)
    assert prediction(body, 0.0).event_id == event_id


def test_the_quarantine_entry_is_what_the_quarantine_writes(manifest: Manifest, records: list[Record]) -> None:
    example = json.loads(EXAMPLES["quarantine"][0])
    with pytest.raises(Fault) as caught:
        Validator(manifest).row(decode(records[1].data))
    line = entry(records[1], caught.value, _seconds(example["quarantined_at"]))
    assert json.loads(line) == example
    assert list(json.loads(line)) == list(example)
    assert base64.b64decode(example["data"]) == records[1].data


def test_the_on_failure_objects_give_the_ids_of_their_records() -> None:
    ids = [json.loads(EXAMPLES[name][0])["prediction_id"] for name in ("prediction", "quarantine")]
    assert on_failure_ids(STREAM_BATCH, MODEL) == ids
    assert on_failure_ids(STREAM_BATCH | {"payload": json.loads(STREAM_BATCH["payload"])}, MODEL) == ids
    assert len(on_failure_ids(TOPIC_BATCH, MODEL)) == 1


def test_the_redriven_record_is_the_one_in_quarantine_at_its_old_position(records: list[Record]) -> None:
    envelope = json.loads(EXAMPLES["redrive"][0])
    (waiting,) = quarantined.parse(json.dumps(json.loads(EXAMPLES["quarantine"][0])).encode(), MODEL)
    assert waiting.envelope == redrive.envelope(records[1]) == envelope
    batch = sources.read({"Records": [envelope]}, MODEL)
    example = json.loads(EXAMPLES["redrive-response"][0])
    told = example["quarantined"][0]
    rejected = [Rejected(batch.records[0], Fault(Code(told["code"]), told["path"], told["detail"]))]
    assert batch.respond(Delivered(rejected=rejected)) == example


def test_the_line_of_an_invocation_is_what_the_scorer_writes() -> None:
    example = json.loads(EXAMPLES["metrics"][0])
    lines: list[str] = []
    metrics = Metrics(example["FunctionName"], lines.append, clock=lambda: example["_aws"]["Timestamp"] / 1000)
    metrics.write("", "")  # the cold start
    metrics.received("kinesis", 500)
    metrics.note(**{name: example[name] for name in ("engine", "versions", "scored_by", "missing")})
    for name in UNITS:
        if UNITS[name] != "Count":
            metrics.gauge(name, example[name])
    report = BatchReport(500, 496, Counter({Code.WRONG_TYPE: 4}), 0, 12, 0, example["predictions_by_variant"])
    metrics.report(report)
    metrics.write(example["request_id"], example["function_version"])
    _, line, by_code = map(json.loads, lines)
    for written in (line, example):
        written["_aws"]["CloudWatchMetrics"][0]["Metrics"].sort(key=str)
    assert line == example
    assert by_code["Code"] in example["quarantined"]
    told = invocation_lines.read(lines[1])
    assert told is not None
    assert told.metric(EVENTS) == 500


def test_every_metric_is_explained() -> None:
    assert _first_column("Metrics", "metric") == set(UNITS)
    units = re.findall(r"^\| `(\w+)` \| (Count|Milliseconds|Seconds|Percent) \|", DOCUMENT, re.MULTILINE)
    assert dict(units) == UNITS


def test_every_code_is_explained() -> None:
    assert _first_column("Quarantine entry", "code") == set(Code)


def test_every_variable_that_the_scorer_reads_is_listed() -> None:
    class Environment(dict[str, str]):
        """Remembers what it was asked for."""

        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    asked: set[str] = set()
    values = {
        "PREDICTION_SINK_TYPE": "kinesis",
        "SHADOW_SINK_TYPE": "kinesis",
        "PREDICTION_SINK_AGGREGATE_RANGES": "16",
        "PREDICTION_SINK_WIRE": "cbor",
        "RELEASE_POLL_SECONDS": "30",
        "DRIFT_SECONDS": "300",
        "CAPTURE_SECONDS": "60",
        "CAPTURE_SHARE": "1",
        "OBJECT_MIB": "8",
        "BATCH_OBJECT_GIB": "50",
        "SCORER_CLIENT": "aws_client",
        "SCORER_ENGINE": "native",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    }
    listed = _first_column("The scorer's environment", "variable")
    config = ScorerConfig.from_environment(Environment(dict.fromkeys(listed, "x") | values))
    make_sink(config.sink, lambda service: None)
    assert asked == listed


def test_every_variable_that_the_http_endpoint_reads_is_listed() -> None:
    class Environment(dict[str, str]):
        """Remembers what it was asked for."""

        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    asked: set[str] = set()
    HttpSettings.from_environment(Environment())
    assert asked == _first_column("The HTTP endpoint's environment", "variable")


def test_every_code_of_the_http_endpoint_is_explained() -> None:
    text = (ROOT / "docs" / "http.md").read_text()
    assert [code for code in CODES if f"`{code}`" not in text] == []


def test_the_evaluator_reads_the_outcome_and_the_prediction_that_it_is_of(records: list[Record]) -> None:
    scored = CollectedPrediction.read(json.loads(EXAMPLES["prediction"][0]), "purchase-intent")
    record = copy(records[0])
    record.arrived_at = 1_800_000_000.0
    outcome = ObservedOutcome.read(json.loads(EXAMPLES["outcome"][0]), record)
    assert (outcome.prediction_id, outcome.value) == (scored.prediction_id, "1")
    assert outcome.observed_at == "2026-11-21T13:05:44.000Z"
    assert _first_column("Outcome", "member") == {"prediction_id", "event_id", "outcome", "observed_at"}


@pytest.mark.parametrize(
    ("what", "columns"), [("predictions", PREDICTION_COLUMNS), ("outcomes", OUTCOME_COLUMNS)], ids=["p", "o"]
)
def test_every_column_of_the_collected_files_is_listed(what: str, columns: dict[str, str]) -> None:
    (row,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| `evaluation/{what}/")]
    assert re.findall(r"`(\w+)`", row.split("|")[2]) == list(columns)


def test_the_drift_is_what_the_evaluator_makes_of_the_counts(manifest: Manifest) -> None:
    """The rows of the counts, each as it stands: nothing else was counted in those hours."""
    counted, told = json.loads(EXAMPLES["drift-counts"][0]), json.loads(EXAMPLES["drift"][0])
    sample = Sample.read(manifest, Document.of(counted["strides"], "strides"))
    counts = Counts(counted["version"], sample, _seconds(counted["from"]))
    counts.ended = _seconds(counted["to"])
    assert json.loads(counts.document(counted["model"])) == counted
    first, last = (hour_of(_seconds(told[name])) for name in ("from", "to"))
    measured = drift.measure({last - 1: {counted["version"]: sample}})
    assert json.loads(drift.document(told["model"], first, last - 1, measured)) == told
    assert Window.read(manifest, Document.of(told["versions"][0]["window"], "window")).rows == 125
