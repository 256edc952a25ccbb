"""The doctor on real stacks: nothing is at fault, and what is broken on purpose is found, told and fixed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

from millrace.doctor.examination import examine
from millrace.doctor.finding import Finding, Status
from millrace.stack import Stack
from stream_producers.synthetic import Sessions
from tests.integration.harness import Harness, wait_for
from tests.integration.pace import PACE

OpenStack = Callable[[str], Harness]
Broken = Callable[[Stack], Any]


def faults(stack: Stack) -> dict[str, Finding]:
    return {finding.check: finding for finding in examine(stack) if finding.status is Status.FAULT}


@pytest.mark.parametrize("name", ["queued", "direct"])
def test_a_stack_that_works_has_no_fault(harness: OpenStack, name: str) -> None:
    opened = harness(name)
    opened.send(islice(Sessions(801).events(), 20), opened.stream)
    opened.settle()

    # Other tests break things too: what a mapping says of its last poll may be older than the batch above, and alarms
    # ring for minutes.
    wait_for(lambda: all(check.startswith("alarm ") for check in faults(opened.stack)))

    found = {finding.check: finding.status for finding in examine(opened.stack)}
    for check in ("credentials", "event_stream mapping", "scorer alias", "scorer settings", "release, champion"):
        assert found[check] is Status.OK, check
    assert ("event_topic mapping" in found) == (name == "queued")
    assert ("signing key" in found) == (name == "queued")
    # Of a stream without traffic there is no age.
    assert Status.UNKNOWN not in {status for check, status in found.items() if not check.endswith(" age")}


@contextmanager
def mapping_off(stack: Stack) -> Iterator[None]:
    client, arn = stack.client("lambda"), stack.outputs["event_stream"]["arn"]
    (mapping,) = client.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]

    def set_to(enabled: bool) -> None:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
        wanted = "Enabled" if enabled else "Disabled"
        wait_for(lambda: bool(client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == wanted))

    set_to(False)
    try:
        yield
    finally:
        set_to(True)


@contextmanager
def scorer_stopped(stack: Stack) -> Iterator[None]:
    client, name = stack.client("lambda"), stack.outputs["scorer"]["function_name"]
    before = client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before)


@contextmanager
def signing_key_off(stack: Stack) -> Iterator[None]:
    client, key = stack.client("kms"), stack.outputs["model_store"]["signing_key_arn"]
    client.disable_key(KeyId=key)
    try:
        yield
    finally:
        client.enable_key(KeyId=key)


@contextmanager
def alarm_fires(stack: Stack) -> Iterator[None]:
    """A refusal in each second, until the end: of a single one the alarm would tell for some seconds only."""
    client, function = stack.client("cloudwatch"), stack.outputs["scorer"]["function_name"]

    def refused(number: int, seconds_ago: float) -> None:
        dimensions = [{"Name": "FunctionName", "Value": function}]
        datum = {"MetricName": "ReleaseRefused", "Dimensions": dimensions, "Value": number}
        client.put_metric_data(
            Namespace="Millrace", MetricData=[datum | {"Timestamp": time.time() - seconds_ago / PACE}]
        )

    def state() -> str:
        (alarm,) = client.describe_alarms(AlarmNames=[f"{function}-release-refused"])["MetricAlarms"]
        value: str = alarm["StateValue"]
        return value

    ended = threading.Event()

    def refuse() -> None:
        while not ended.wait(1.0):
            refused(1, seconds_ago=20)

    refusing = threading.Thread(target=refuse)
    refusing.start()
    try:
        wait_for(lambda: state() == "ALARM")
        yield
    finally:
        ended.set()
        refusing.join()
        refused(0, seconds_ago=0)
        wait_for(lambda: state() == "OK")


@contextmanager
def release_damaged(stack: Stack) -> Iterator[None]:
    """Somebody else writes to the model store; the bucket's versions bring back what was there."""
    s3, bucket = stack.client("s3"), stack.outputs["model_store"]["bucket"]
    key = f"models/{stack.outputs['model']['name']}/release.json"
    written = s3.put_object(Bucket=bucket, Key=key, Body=b"{")
    try:
        yield
    finally:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=written["VersionId"])


@pytest.mark.parametrize(
    ("broken", "check", "what", "fix"),
    [
        (mapping_off, "event_stream mapping", "disabled", "--enabled"),
        (scorer_stopped, "scorer concurrency", "the scorer is stopped", "make deploy"),
        (signing_key_off, "signing key", "Disabled", "kms enable-key"),
        (alarm_fires, "alarm it-queued-scorer-release-refused", "in ALARM: ", "docs/runbook.md"),
        (release_damaged, "release", "it cannot be read", "docs/runbook.md"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_broken_is_found(harness: OpenStack, broken: Broken, check: str, what: str, fix: str) -> None:
    stack = harness("queued").stack
    wait_for(lambda: check not in faults(stack))

    with broken(stack):
        found = faults(stack)[check]

    assert what in found.what
    assert fix in found.fix
    # An alarm that is OK is in ALARM again where nothing is new for a period: it then looks at the one before.
    wait_for(lambda: check not in faults(stack))
