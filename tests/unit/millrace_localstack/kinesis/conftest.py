import time
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest

from millrace_localstack.plugin.kinesis import account, api

MODEL = botocore.session.get_session().get_service_model("kinesis")

ACCOUNT, REGION = "000000000000", "us-east-1"


class Clock:
    """Wall clock and monotonic clock, which go when they are told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def pass_hours(self, hours: float) -> None:
        self.now += hours * 3600


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: clock.now)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    """No streams, before and after."""
    account.ACCOUNTS.clear()
    yield
    account.ACCOUNTS.clear()


@pytest.fixture
def call() -> Callable[..., Any]:
    """Calls an operation as the provider does: validated against the model."""

    def call(operation: str, **request: Any) -> Any:
        return api.answer(ACCOUNT, REGION, MODEL.operation_model(operation), request)

    return call
