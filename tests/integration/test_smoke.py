"""`millrace smoke` on stacks with different sinks: one is read next to its consumers, one cannot be."""

import re
from collections.abc import Callable
from typing import Any

from millrace.smoke.run import BROKEN, Smoke
from millrace.stack import Stack
from model_store.artifact import Artifact
from tests.integration.conftest import train_version
from tests.integration.harness import Harness, wait_for

type OpenStack = Callable[[str], Harness]


def test_smoke_finds_a_stack_that_works_and_leaves_it_as_it_was(harness: OpenStack, artifact: Artifact) -> None:
    """Its sink is a queue, whose predictions the scorer's log counts."""
    direct = harness("direct")
    stack = direct.stack
    direct.publish(artifact)
    functions, scorer = stack.client("lambda"), stack.outputs["scorer"]

    lines = list(Smoke(stack, count=5, patience=600.0).run(fail=True))

    assert lines[0] == (
        "sqs is not read, as a queue hands each prediction to one consumer: predictions are counted in "
        f"{scorer['log_group']}, those of other events too"
    )
    assert lines[1:5] == [
        "event_stream: sent 5, predicted 5",
        "event_topic: sent 5, predicted 5",
        "event_stream: 1 event failed, and is in the failure store",
        "event_stream: it was redriven, and predicted",
    ]
    counted = re.fullmatch(r"counts: sent 11, predicted (\d+) with those of other events", lines[5])
    assert counted
    assert int(counted[1]) >= 11, "other tests' events count too"
    assert lines[6].startswith("alarm it-direct-")
    assert lines[7].startswith(f"log: {scorer['log_group']} has ")
    alias = functions.get_alias(FunctionName=scorer["function_name"], Name=scorer["alias"])
    assert alias["FunctionVersion"] == scorer["version"]
    found = functions.get_function_configuration(FunctionName=scorer["function_name"])["Environment"]["Variables"]
    assert not BROKEN.items() & found.items()
    assert not left(stack)
    wait_for(lambda: len(direct.predictions) >= 11)


def test_smoke_reads_a_topic_as_one_of_its_subscribers(harness: OpenStack) -> None:
    """Another stack scores the same events."""
    first, second = harness("topic_sink"), harness("attached")
    for opened in (first, second):
        name = opened.stack.outputs["model"]["name"]
        opened.serve(train_version(f"smoke-{name}", rounds=10, name=name))
    stack = first.stack

    lines = list(Smoke(stack, count=5, patience=600.0).run(fail=False))

    assert lines[:2] == ["event_stream: sent 5, predicted 5", "event_topic: sent 5, predicted 5"]
    assert lines[2].startswith("counts: sent 10, predicted 10, ")
    assert not left(stack)
    wait_for(lambda: all(len(opened.predictions) >= 10 for opened in (first, second)))


def left(stack: Stack) -> list[str]:
    """Queues and subscriptions of smoke tests that are still there."""
    queues: list[str] = stack.client("sqs").list_queues().get("QueueUrls", [])
    subscriptions: list[dict[str, Any]] = stack.client("sns").list_subscriptions()["Subscriptions"]
    return [name for name in (*queues, *(one["Endpoint"] for one in subscriptions)) if "smoke-" in name]
