"""Outcomes come back and are joined with predictions: a challenger whose labels are wrong is seen to be worse."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import batched, islice
from typing import Any

import pytest

from millrace.accounting.prediction import Prediction
from millrace.model.operator import operator
from millrace.model.releases import Releases
from millrace.model.verdict import ChallengerWorse, Evaluations, allow, of_promotion
from millrace_localstack.launcher import LocalStack
from model_store.artifact import Artifact
from outcomes.verdict import merged
from stream_producers.synthetic import Sessions
from tests.integration.conftest import train_version
from tests.integration.function_log import FunctionLog
from tests.integration.harness import Harness, wait_for
from tests.integration.pace import wait_for_schedule

EVENTS, PROBES = 2_000, 40
# Of three outcomes of the challenger's predictions one is the opposite of what happened.
WRONG_EVERY = 3
# What a machine that does other work too may take.
PATIENCE = 600.0


@pytest.fixture
def split(harness: Callable[[str], Harness], artifact: Artifact) -> Iterator[Harness]:
    """A stack with an evaluator, in which two like versions serve half of the keys each."""
    queued = harness("queued")
    store = queued.stack.model_store()
    store.publish(train_version("like-v1"))
    releases = Releases(store, operator(queued.stack))
    releases.split("like-v1", 0.5)
    yield queued
    releases.split(None, 0.0)


def test_planted_wrong_labels_make_a_challenger_worse(split: Harness, localstack: LocalStack) -> None:
    wait_for(lambda: _served(split) >= PROBES * 0.3)
    log = FunctionLog(localstack, split, "evaluator")
    receipts = split.send(islice(Sessions(seed=41).events(), EVENTS), split.stream)
    split.settle()
    happened = {key: receipt.outcome for key, receipt in split.by_id(receipts).items()}
    predictions = [split.predictions[key] for key in happened]
    _put(split, [b"{", *(_outcome(i, p, happened[p.prediction_id]) for i, p in enumerate(predictions))])

    def evaluated() -> bool:
        groups = merged(Evaluations(split.stack).hours(days=1).values()).values()
        counts = [(group.coverage.outcomes, group.coverage.predictions) for group in groups]
        return sum(outcomes for outcomes, _ in counts) >= EVENTS

    wait_for_schedule(localstack, evaluated, PATIENCE)  # nobody but the schedule has asked for an evaluation
    found = of_promotion(split.stack, None)
    assert found is not None
    assert found.worse, found.line()
    with pytest.raises(ChallengerWorse, match="challenger like-v1 is worse: log_loss"):
        allow(found, force=False)
    assert _quarantined(split) == ["INVALID_JSON"]

    def evaluations() -> list[dict[str, Any]]:
        return [members for members in log.own_lines() if members.get("message") == "evaluated"]

    wait_for(lambda: bool(evaluations()))  # the log of an invocation comes after what it did
    told = evaluations()[-1]
    assert told["hours"] > 0
    assert told["left"] == 0


def _served(split: Harness) -> int:
    """How many of the probes the challenger scored: a container scores a batch more before a new release serves."""
    probes = split.by_id(split.send(islice(Sessions(seed=42).events(start=len(split.receipts)), PROBES), split.stream))
    split.settle()
    return sum(split.predictions[one].variant == "challenger" for one in probes)


def _outcome(number: int, prediction: Prediction, happened: int | None) -> bytes:
    """By prediction id and by event id in turn, as label and as class."""
    assert happened is not None
    if prediction.variant == "challenger" and number % WRONG_EVERY == 0:
        happened = 1 - happened
    names = {"prediction_id": prediction.prediction_id} if number % 2 else {"event_id": prediction.event_id}
    return json.dumps(names | {"outcome": str(happened) if number % 4 < 2 else happened}).encode()


def _put(harness: Harness, outcomes: Iterable[bytes]) -> None:
    stream, kinesis = harness.stack.outputs["evaluator"]["outcomes_stream"]["name"], harness.stack.client("kinesis")
    for many in batched(outcomes, 500, strict=False):
        records: list[dict[str, Any]] = [{"Data": data, "PartitionKey": "outcomes"} for data in many]
        assert kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"] == 0


def _quarantined(harness: Harness) -> list[str]:
    bucket, s3 = harness.stack.outputs["evaluator"]["bucket"], harness.stack.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="quarantine/outcomes/").get("Contents", [])
    lines = [line for entry in listed for line in s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].iter_lines()]
    return [json.loads(line)["code"] for line in lines]
