"""`millrace smoke` on a stack with a stream and a topic, of which Lambda discards what failed three times."""

from collections.abc import Callable, Sequence
from typing import Any

from millrace.accounting.prediction import Prediction
from millrace.model.publish import publish
from millrace.smoke.run import BROKEN, Smoke
from millrace.stack import Stack
from model_store.artifact import Artifact
from tests.integration.sinks import QueueReader


def queue_reader(stack: Stack, add: Callable[[Sequence[Prediction]], None]) -> QueueReader:
    """This stack's sink has no other consumer."""
    return QueueReader(stack.client("sqs"), stack.outputs["prediction_sink"]["target"], add)


def test_smoke_finds_a_stack_that_works_and_leaves_it_as_it_was(stacks: dict[str, Stack], artifact: Artifact) -> None:
    stack = stacks["direct"]
    publish(stack.model_store(), artifact)
    functions, scorer = stack.client("lambda"), stack.outputs["scorer"]

    lines = list(Smoke(stack, count=5, patience=120.0, reader=queue_reader).run(fail=True))

    assert lines[:5] == [
        "event_stream: sent 5, predicted 5",
        "event_topic: sent 5, predicted 5",
        "event_stream: 1 event failed, and is in the failure store",
        "event_stream: it was redriven, and predicted",
        "counts: sent 11, predicted 11, duplicates 0",
    ]
    assert lines[5].startswith("alarm it-direct-")
    assert lines[6].startswith(f"log: {scorer['log_group']} has ")
    alias = functions.get_alias(FunctionName=scorer["function_name"], Name=scorer["alias"])
    assert alias["FunctionVersion"] == scorer["version"]
    found = functions.get_function_configuration(FunctionName=scorer["function_name"])["Environment"]["Variables"]
    assert not BROKEN.items() & found.items()
    assert not [name for name in _queues(stack.client("sqs")) if "smoke-" in name]


def _queues(sqs: Any) -> list[str]:
    names: list[str] = sqs.list_queues().get("QueueUrls", [])
    return names
