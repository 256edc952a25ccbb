"""Captured rows, end to end: what drifted is learned again from the stack, explained as XGBoost does, and forgotten."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import batched, islice
from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from millrace.capture.reader import CaptureReader
from millrace.capture.training import LABEL, StackTable, reads_as, training_table
from millrace.erasure.run import forget
from millrace.erasure.subject import Subject
from millrace.errors import UserError
from millrace.model.operator import operator
from millrace.model.releases import Releases
from millrace.model.tables import matrix_of
from millrace.model.train import Recipe, train
from millrace.model.verdict import Evaluations
from millrace_localstack.launcher import LocalStack
from model_store.artifact import Artifact
from model_store.attribution_setting import MOST_BYTES, AttributionSetting
from outcomes.verdict import merged
from stream_producers.synthetic import LABEL as SOLD
from stream_producers.synthetic import Sessions
from tests.integration.conftest import train_version
from tests.integration.harness import Harness, wait_for
from tests.integration.pace import wait_for_schedule
from tests.integration.test_evaluator import PATIENCE
from tests.integration.test_http import Caller, events, ready

EVENTS, EXPLAINED = 1_000, 40


@pytest.fixture
def queued(harness: Callable[[str], Harness], artifact: Artifact) -> Iterator[Harness]:
    """The stack with capture and an evaluator; afterwards the usual model serves again."""
    queued = harness("queued")
    yield queued
    _releases(queued).attributions(None)
    queued.serve(artifact)


def test_a_model_is_trained_on_what_drifted_explained_and_a_key_is_forgotten(
    queued: Harness, localstack: LocalStack
) -> None:
    old = train_version("drifted-v1")
    queued.publish(old)
    wait_for(lambda: _served_by(queued, "drifted-v1"), PATIENCE)
    began = datetime.now(UTC)
    receipts = queued.send(islice(Sessions(seed=61).events(), EVENTS), queued.stream)
    queued.settle()
    happened = {
        key: 1 - int(receipt.outcome or 0) for key, receipt in queued.by_id(receipts).items()
    }  # the world turned
    _put(queued, happened)

    table = _table(queued, began)
    assert (table.champion.version, len(table.table.label), table.left_out) == ("drifted-v1", EVENTS, {})
    recipe = Recipe("purchase-intent", "drifted-v2", rounds=40, newest_held_out=True)
    new = reads_as(train(table.table, recipe), table.champion)
    later = Sessions(seed=62).table(2_000)
    assert _loss(new, table, later) < 0.8 * _loss(old, table, later)

    wait_for_schedule(localstack, lambda: _evaluated(queued, "drifted-v1") >= EVENTS, PATIENCE)

    queued.publish(new)
    _releases(queued).attributions(AttributionSetting(share=1.0, top=100, max_bytes=MOST_BYTES))
    wait_for(lambda: _served_by(queued, "drifted-v2", explained=True), PATIENCE)
    explained = queued.by_id(queued.send(islice(Sessions(seed=63).events(), EXPLAINED), queued.stream))
    queued.settle()
    _explained_as_by_xgboost(queued, new, began, explained)

    _forgotten(queued, began, next(iter(explained)))


def test_what_the_endpoint_answers_is_captured_and_forgotten(queued: Harness) -> None:
    """Under the key that the request names, by the endpoint's own role."""
    began, sent, key = datetime.now(UTC), events(3), "shopper-7/%*'"
    caller = Caller(queued.stack, x_api_key=queued.stack.http_key())
    ready(caller, sent[0])
    answers = [json.loads(caller.post("/predict", event, millrace_partition_key=key).data) for event in sent]
    reader = CaptureReader(queued.stack)
    for answer in answers:
        row = reader.row(answer["prediction_id"], began, datetime.now(UTC))
        assert row is not None
        assert (row["partition_key"], json.loads(row["source"])["type"]) == (key, "http")
        assert row["score"] == pytest.approx(answer["score"])
    proof = forget(queued.stack, Subject(key), dry_run=False)
    assert (proof["complete"], proof["searched"][0]["events"]) == (True, len(answers))


def _releases(harness: Harness) -> Releases:
    return Releases(harness.stack.model_store(), operator(harness.stack))


def _served_by(harness: Harness, version: str, *, explained: bool = False) -> bool:
    """Whether the containers of both shards score by this version, and explain."""
    probes = harness.by_id(harness.send(islice(Sessions(seed=64).events(), 20), harness.stream))
    harness.settle()
    found = [harness.predictions[one] for one in probes]
    return all(one.version == version and (one.attributions or not explained) for one in found)


def _put(harness: Harness, happened: dict[str, int]) -> None:
    stream, kinesis = harness.stack.outputs["evaluator"]["outcomes_stream"]["name"], harness.stack.client("kinesis")
    outcomes = [json.dumps({"prediction_id": key, "outcome": value}).encode() for key, value in happened.items()]
    for many in batched(outcomes, 500, strict=False):
        records: list[dict[str, Any]] = [{"Data": data, "PartitionKey": "outcomes"} for data in many]
        assert kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"] == 0


def _table(harness: Harness, began: datetime) -> StackTable:
    """The table, once all outcomes have been collected."""
    found: list[StackTable] = []

    def complete() -> bool:
        try:
            found.append(training_table(harness.stack, began, datetime.now(UTC), timedelta(), ()))
        except UserError:  # no outcome yet
            return False
        return len(found[-1].table.label) >= EVENTS

    wait_for(complete, PATIENCE)
    assert found[-1].table.label_name == LABEL
    return found[-1]


def _evaluated(harness: Harness, version: str) -> int:
    """The number of its predictions that were evaluated with an outcome."""
    groups = merged(Evaluations(harness.stack).hours(days=1).values())
    return sum(group.coverage.outcomes for group in groups.values() if group.version == version)


def _loss(artifact: Artifact, table: StackTable, later: pl.DataFrame) -> float:
    """The log loss on later sessions of the turned world."""
    features = table.champion.features
    matrix = matrix_of({feature.name: later[feature.name] for feature in features}, features)
    scores = _booster(artifact).inplace_predict(matrix)
    turned = 1 - later[SOLD].to_numpy()
    return float(-np.mean(np.where(turned == 1, np.log(scores), np.log(1 - scores))))


def _booster(artifact: Artifact) -> xgb.Booster:
    booster = xgb.Booster(model_file=bytearray(artifact.model))
    booster.feature_names = None
    return booster


def _explained_as_by_xgboost(harness: Harness, artifact: Artifact, began: datetime, ids: Mapping[str, object]) -> None:
    reader, names = CaptureReader(harness.stack), [feature.name for feature in artifact.manifest.features]
    rows: dict[str, Any] = {}

    def complete() -> bool:
        """A batch is captured after it is published."""
        frames = reader.frames(began, datetime.now(UTC))
        rows.update((row["prediction_id"], row) for frame in frames for row in frame.to_dicts())
        return rows.keys() >= ids.keys()

    wait_for(complete)
    matrix = np.array([[rows[one]["features"][name] for name in names] for one in ids], np.float32)
    expected = _booster(artifact).predict(xgb.DMatrix(matrix), pred_contribs=True)
    for one, values in zip(ids, expected, strict=True):
        found = dict(harness.predictions[one].attributions)
        assert [found.get(name, 0.0) for name in names] == pytest.approx(list(values[:-1]), rel=1e-5, abs=2e-5)


def _forgotten(harness: Harness, began: datetime, one: str) -> None:
    reader = CaptureReader(harness.stack)
    row = reader.row(one, began, datetime.now(UTC))
    assert row is not None
    proof = forget(harness.stack, Subject(row["partition_key"]), dry_run=False)
    assert proof["complete"], proof
    assert proof["searched"][0]["events"] >= 1
    left = [key for frame in reader.frames(began, datetime.now(UTC)) for key in frame["partition_key"].to_list()]
    assert row["partition_key"] not in left
