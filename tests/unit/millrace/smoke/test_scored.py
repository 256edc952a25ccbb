"""Whether the events of a smoke test were scored, on a stack whose sink no tool can read."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from millrace.accounting.settle import Settlement
from millrace.errors import UserError
from millrace.smoke import scored as module
from millrace.smoke.scored import ScoredEvents, scored
from millrace.stack import Stack
from stream_producers.receipts import Receipt
from telemetry import emf
from telemetry.metrics import UNITS
from tests.fakes.stack import stack

GROUP = "/aws/lambda/scorer"
SENT = [Receipt("1", ("arn", "shard", "1"), "event_stream", "", None, None)] * 3


@pytest.fixture
def queue_stack(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack whose sink is a queue, with a log."""
    monkeypatch.setattr(module, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(Stack, "client", lambda self, service, config=None: aws(service))
    made = stack(aws)
    sink = {"prediction_sink": {"type": "sqs", "arn": "arn", "target": "https://queue"}}
    logs = aws("logs")
    logs.create_log_stream(logGroupName=GROUP, logStreamName="1")
    return Stack(made.name, made.environment, dict(made.outputs) | sink)


def log(aws: Callable[[str], Any], predictions: int) -> None:
    line = emf.line(time.time(), {"FunctionName": "scorer"}, {"Events": 3, "Predictions": predictions}, UNITS, {})
    event = {"timestamp": int(time.time() * 1000), "message": line}
    aws("logs").put_log_events(logGroupName=GROUP, logStreamName="1", logEvents=[event])


def test_predictions_are_counted_in_the_log(queue_stack: Stack, aws: Callable[[str], Any]) -> None:
    found: ScoredEvents
    with scored(queue_stack, Settlement(queue_stack), "smoke", time.time() - 1, patience=60.0) as found:
        assert found.method.startswith("sqs is not read, as a queue hands each prediction to one consumer: ")
        log(aws, 2)
        log(aws, 1)
        found.wait(SENT)
        log(aws, 4)
        found.wait(SENT)

        assert found.counts(SENT * 2) == "sent 6, predicted 7 with those of other events"


def test_events_that_were_not_scored_fail_the_test(queue_stack: Stack, aws: Callable[[str], Any]) -> None:
    log(aws, 2)
    with (
        scored(queue_stack, Settlement(queue_stack), "smoke", time.time() - 1, patience=0.1) as found,
        pytest.raises(UserError, match=r"expected 3 predictions in the scorer's log within 0\.1 s .*got 2; see"),
    ):
        found.wait(SENT)
