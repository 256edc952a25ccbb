"""The batch example of the demo; AWS is in memory, and Step Functions a fake."""

from typing import Any, cast

import pytest

from millrace.demo.examples.batch import BATCH, BatchExample
from millrace.demo.traffic import Load
from millrace.deployment import parts
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.stack import Stack
from stream_producers.synthetic import LABEL, Sessions
from tests.fakes.batches import OUTPUTS, FakeBatch, FakeStates

NO_PLACE = cast("Any", None)


@pytest.fixture
def batch(s3: Any, monkeypatch: pytest.MonkeyPatch) -> FakeBatch:
    batch = FakeBatch(s3, train(labelled(Sessions(1).table(2_000), LABEL), Recipe("sessions", "v1", rounds=5)))
    batch.states = FakeStates(batch)
    clients = {"s3": s3, "stepfunctions": batch.states}
    monkeypatch.setattr(Stack, "client", lambda self, service, config=None: clients[service])
    return batch


def run(rows: int, bad: float) -> bool:
    load = Load({BATCH: rows}, None, bad, seed=7)
    return BatchExample().run(NO_PLACE, Stack("local", {}, OUTPUTS), load)


def test_every_row_is_accounted_for(batch: FakeBatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(600, 0.1)
    shown = capsys.readouterr().out
    assert "the first of them" in shown
    assert "rows           600" in shown


def test_a_run_with_failed_items_is_not_complete(batch: FakeBatch) -> None:
    batch.states.failing = [0]
    assert not run(300, 0.0)


def test_its_part_of_the_stack_exists() -> None:
    assert parts.check(BatchExample.parts, "--with") == BatchExample.parts
