"""Drift in the stream: a feature that changes in the events is named, and no other; events as in training are quiet."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any

import pytest

from millrace_localstack.launcher import LocalStack
from model_store.artifact import Artifact
from outcomes.store import drift_key
from stream_producers.event import Event
from stream_producers.synthetic import Sessions
from tests.integration.conftest import train_version
from tests.integration.harness import Harness, wait_for
from tests.integration.pace import wait_for_schedule
from tests.integration.test_evaluator import PATIENCE
from tests.integration.test_releases import POLL_SECONDS

# Sessions that the models are trained on, from the first on.
TRAINED = 8_000
EVENTS = 2_000
# What a container counts in its last second is not written: a second's events are few of these.
RATE = 400.0
LEAST_ROWS = 500
PROBES = 20
SHIFTED = "pages_viewed"


@pytest.fixture
def queued(harness: Callable[[str], Harness], artifact: Artifact) -> Iterator[Harness]:
    """The stack with an evaluator; afterwards the usual model serves again."""
    queued = harness("queued")
    yield queued
    queued.serve(artifact)


def test_a_planted_drift_of_a_feature_is_named(queued: Harness, localstack: LocalStack) -> None:
    _serve(queued, train_version("steady-v1"), seed=51)
    queued.send(_events(seed=52), queued.stream, rate=RATE)
    queued.settle()
    _serve(queued, train_version("shifted-v1"), seed=53)
    queued.send(map(_shifted, _events(seed=54)), queued.stream, rate=RATE)
    queued.settle()
    probes = _events(seed=55)

    def measured() -> bool:
        queued.send(
            map(_shifted, islice(probes, PROBES)), queued.stream
        )  # what was counted is written by a later batch
        found = _versions(queued)
        return all(found.get(name, {"rows": 0})["rows"] >= LEAST_ROWS for name in ("steady-v1", "shifted-v1"))

    wait_for_schedule(localstack, measured, PATIENCE)  # nobody but the schedule has asked for it
    found = _versions(queued)
    assert _drifted(found["shifted-v1"]) == [SHIFTED]
    assert _drifted(found["steady-v1"]) == []
    assert not any(score["reasons"] for score in found["steady-v1"]["scores"])


def _events(seed: int) -> Iterator[Event]:
    """Sessions of the hours and days of the training data, in no order, so that some of them are like all."""
    events = list(islice(Sessions(seed).events(), 0, TRAINED, TRAINED // EVENTS))
    Random(seed).shuffle(events)
    return iter(events)


def _shifted(event: Event) -> Event:
    document = json.loads(event.data)
    document["features"][SHIFTED] += 20
    return event._replace(data=json.dumps(document).encode())


def _serve(queued: Harness, version: Artifact, seed: int) -> None:
    """Make a version the champion, and wait until every container scores with it."""
    queued.publish(version)
    taken_up, events = time.monotonic() + POLL_SECONDS, _events(seed)

    def serves() -> bool:
        receipts = queued.send(islice(events, PROBES), queued.stream)
        queued.settle()
        versions = {queued.predictions[key].version for key in queued.by_id(receipts)}
        return versions == {version.manifest.version} and time.monotonic() > taken_up

    wait_for(serves)


def _versions(queued: Harness) -> dict[str, dict[str, Any]]:
    """What has been measured of each version; nothing before the first time."""
    evaluator, s3 = queued.stack.outputs["evaluator"], queued.stack.client("s3")
    try:
        answer = s3.get_object(Bucket=evaluator["bucket"], Key=drift_key(queued.stack.outputs["model"]["name"]))
    except s3.exceptions.NoSuchKey:
        return {}
    return {one["version"]: one for one in json.load(answer["Body"])["versions"]}


def _drifted(version: dict[str, Any]) -> list[str]:
    return [name for name, drift in version["features"].items() if drift["reasons"]]
