"""What a batch of which nothing can be settled costs: invocations, and on-failure objects."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import scorer.pipeline
from model_store.release import Release
from model_store.store import ModelStore
from scoring.score import score
from simulator import (
    Buckets,
    CallFaults,
    Destination,
    Function,
    FunctionFaults,
    KinesisClient,
    KinesisMapping,
    KinesisSettings,
    S3Client,
    Stream,
    World,
)
from sources.batch import Batch
from tests.fakes import envelopes
from tests.fakes.two_steps import TwoSteps
from tests.simulation import models
from tests.simulation.cloud import FAILURES, MODELS
from tests.simulation.plain_scorer import handler

RECORDS, RETRIES = 1_000, 3
DENIED = CallFaults(access_denied=1.0)


class Storm:
    """A stream of one shard whose batches of 1,000 records are halved if the function raises, and the real scorer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World(1, 1_700_000_000.0)
        self.buckets = Buckets(self.world)
        self.sink = KinesisClient(self.world, lambda *committed: None)
        self.quarantine = S3Client(self.world, self.buckets)
        self.lines: list[dict[str, Any]] = []
        self.crashes: Callable[[Batch], bool] = lambda batch: False
        monkeypatch.setattr(scorer.pipeline, "score", self._score)
        settings = KinesisSettings(
            batch_size=RECORDS,
            window_seconds=5.0,
            maximum_retry_attempts=RETRIES,
            bisect_batch_on_function_error=True,
            report_batch_item_failures=True,
        )
        self.stream = Stream(self.world, shards=1)
        function = Function(self.world, self._container, faults=FunctionFaults(recycle=0))
        store = S3Client(self.world, self.buckets)
        destination = Destination(self.world, store, FAILURES)
        self.mapping = KinesisMapping(self.world, self.stream, function, settings, destination)
        self.store = ModelStore(store, MODELS, models.NAME)

    def _score(self, batch: Batch, *rest: Any, **more: Any) -> Any:
        if self.crashes(batch):
            raise ZeroDivisionError("a bug")
        return score(batch, *rest, **more)

    def release(self) -> None:
        pointer = self.store.publish(models.artifact(models.VERSIONS[0]))
        self.store.put_release(Release(pointer, "2026-01-02T03:04:05.000Z"), replacing=None)

    def _container(self) -> Any:
        return handler(self.world, self._client, lambda line: self.lines.append(json.loads(line)))

    def _client(self, service: str, attempts: int = 1) -> Any:
        """Only reads of the release are retried by the client."""
        if service == "kinesis":
            return TwoSteps(self.sink)
        return TwoSteps(S3Client(self.world, self.buckets) if attempts > 1 else self.quarantine)

    def run(self, *payloads: Any) -> tuple[int, int]:
        """Invocations and on-failure objects."""
        events = payloads or [envelopes.event(i) for i in range(RECORDS)]
        self.stream.put_many((f"key-{i}", json.dumps(event).encode()) for i, event in enumerate(events))
        self.world.run()
        assert self.mapping.quiet
        return self.mapping.counts["invocations"], len(self.buckets.objects(FAILURES, "aws/lambda/"))


@pytest.fixture
def storm(monkeypatch: pytest.MonkeyPatch) -> Storm:
    return Storm(monkeypatch)


def test_without_a_model(storm: Storm) -> None:
    assert storm.run() == (1 + RETRIES, 1)
    assert [line["FailedBatches"] for line in storm.lines] == [1] * (1 + RETRIES)
    assert {line["error"] for line in storm.lines} == {"ModelUnavailable"}


def test_while_the_sink_refuses_everything(storm: Storm) -> None:
    storm.release()
    storm.sink.faults = DENIED
    assert storm.run() == (1 + RETRIES, 1)


def test_while_the_quarantine_refuses_everything(storm: Storm) -> None:
    storm.release()
    storm.quarantine.faults = DENIED
    assert storm.run(*[{} for _ in range(RECORDS)]) == (1 + RETRIES, 1)


def test_a_record_that_crashes_the_scorer_is_isolated(storm: Storm) -> None:
    """One record fails, at the cost of halving its batch, and the others are scored."""
    storm.release()
    storm.crashes = lambda batch: any(record.partition_key == "key-617" for record in batch.records)
    invocations, objects = storm.run()
    assert objects == 1
    assert invocations <= 2 * 10 + 1 + RETRIES


def test_a_scorer_that_crashes_at_every_record_does_not_halve_every_batch(storm: Storm) -> None:
    storm.release()
    storm.crashes = lambda batch: True
    invocations, objects = storm.run()
    assert invocations <= 60
    assert objects <= 12
