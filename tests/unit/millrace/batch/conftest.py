"""A stack with batches on AWS in memory."""

from typing import Any

import pytest

from millrace.stack import Stack
from tests.fakes.batches import OUTPUTS, FakeBatch, FakeStates


@pytest.fixture
def clients(s3: Any) -> dict[str, Any]:
    """The stack's clients, by service."""
    return {"s3": s3}


@pytest.fixture
def batch(s3: Any, artifact: Any, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> FakeBatch:
    batch = FakeBatch(s3, artifact)
    batch.states = clients["stepfunctions"] = FakeStates(batch)
    monkeypatch.setattr(Stack, "client", lambda self, service, config=None: clients[service])
    monkeypatch.setattr(Stack, "load", lambda name: Stack(name, {}, OUTPUTS))
    return batch
