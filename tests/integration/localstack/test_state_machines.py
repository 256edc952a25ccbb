"""The patches of Step Functions: what each fixes, and where it is cheap, what LocalStack does without it."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localstack.lab import Lab, wait_for
from tests.integration.localstack.state_machines import (
    ECHO,
    PASS,
    Machines,
    distributed,
    object_reader,
    task,
    writer,
)

# Its first invocation, in a container that is used again.
FAILS_FIRST = """\
invocations = []
def handle(event, context):
    invocations.append(event)
    if len(invocations) == 1:
        raise ValueError("the first")
    return event
"""

# Is at work until a file is there.
UNTIL_THERE = """\
import os, time

def handle(event, context):
    while not os.path.exists(event):
        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def machines(lab: Lab) -> Machines:
    return Machines(lab)


@pytest.fixture(scope="module")
def echo(lab: Lab) -> dict[str, Any]:
    return task(lab.function(ECHO), lab)


def put(lab: Lab, key: str, body: str) -> str:
    """The bucket of an object."""
    bucket = lab.bucket()
    lab.client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode())
    return bucket


@pytest.mark.parametrize("mode", ["DISTRIBUTED", pytest.param("INLINE", marks=pytest.mark.long(only=True))])
def test_a_map_of_more_items_than_python_has_frames_ends(machines: Machines, mode: str) -> None:
    definition = distributed(MaxConcurrency=1)
    config = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
    definition["States"]["Each"]["ItemProcessor"]["ProcessorConfig"] = config
    ended = machines.run(machines.make(definition), list(range(1001)))
    assert (ended.status, ended.output) == ("SUCCEEDED", list(range(1001)))


def test_a_machine_with_an_alias_starts_by_its_bare_arn(machines: Machines) -> None:
    definition = {"StartAt": "Only", "States": {"Only": PASS}}
    arn = machines.make(definition, publish=True)
    version = machines.client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"][0]
    routing = [{"stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100}]
    machines.client.create_state_machine_alias(name="live", routingConfiguration=routing)
    assert machines.run(arn, {"x": 1}).output == {"x": 1}


def test_an_execution_that_has_just_begun_has_no_map_runs(machines: Machines) -> None:
    arn = machines.make(distributed(MaxConcurrency=1))
    started = machines.client.start_execution(stateMachineArn=arn, input="[1]")["executionArn"]
    assert len(machines.client.list_map_runs(executionArn=started)["mapRuns"]) <= 1
    assert wait_for(lambda: machines.client.describe_execution(executionArn=started)["status"] == "SUCCEEDED")
    assert machines.map_run(started)["itemCounts"]["succeeded"] == 1


def test_an_execution_that_is_stopped_keeps_the_error_and_the_cause(machines: Machines) -> None:
    wait = {"Type": "Wait", "Seconds": 600, "End": True}
    arn = machines.make({"StartAt": "Only", "States": {"Only": wait}})
    started = machines.client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    machines.client.stop_execution(executionArn=started, error="Aborted", cause="by hand")

    def stopped() -> bool:
        found = machines.client.describe_execution(executionArn=started)
        return (found["status"], found.get("error"), found.get("cause")) == ("ABORTED", "Aborted", "by hand")

    assert wait_for(stopped)


def test_an_execution_keeps_the_reason_of_the_stop_that_ended_it(lab: Lab, machines: Machines, tmp_path: Path) -> None:
    """Of two that arrive while a task is still at work, the first."""
    name, client, mark = lab.function(UNTIL_THERE, timeout=150), machines.client, tmp_path / "stopped"
    arn = machines.make({"StartAt": "Only", "States": {"Only": task(name, lab)}})
    started = client.start_execution(stateMachineArn=arn, input=json.dumps(str(mark)))["executionArn"]
    assert wait_for(lambda: "LambdaFunctionStarted" in machines.history(started))
    for cause in ("the first", "the second"):
        client.stop_execution(executionArn=started, error="Aborted", cause=cause)
    mark.touch()
    assert wait_for(lambda: machines.ended(started))["cause"] == "the first"


def test_a_stop_ends_the_wait_for_a_token(lab: Lab, machines: Machines) -> None:
    """As of a release that waits for its approval: up to days."""
    _, url, _ = lab.queue()
    sent = {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"}
    asks = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": sent}
    arn = machines.make({"StartAt": "Ask", "States": {"Ask": {**asks, "TimeoutSeconds": 86_400, "End": True}}})
    tokens: set[str] = set()
    client = machines.client
    started = [client.start_execution(stateMachineArn=arn, input="{}")["executionArn"] for _ in range(2)]

    def asked() -> bool:
        messages = lab.client("sqs").receive_message(QueueUrl=url).get("Messages", [])
        tokens.update(message["Body"] for message in messages)
        return len(tokens) == len(started)

    assert wait_for(asked)
    client.send_task_success(taskToken=min(tokens), output="1")
    (answered,) = wait_for(lambda: [arn for arn in started if machines.ended(arn)])
    (asking,) = {*started} - {answered}
    client.stop_execution(executionArn=asking)
    assert machines.ended(answered)["status"] == "SUCCEEDED"
    assert wait_for(lambda: machines.ended(asking))["status"] == "ABORTED"


@pytest.mark.parametrize("items", [1, 1000], ids=["before its first state", "between two items"])
def test_every_stop_of_an_execution_aborts_it(machines: Machines, items: int) -> None:
    """Passing an item on takes about as long as turning to the next, so that several of the stops come in between.

    What follows the map never ends by itself, however late a stop is.
    """
    definition = distributed(MaxConcurrency=1)
    del definition["States"]["Each"]["End"]
    definition["States"]["Each"]["Next"] = "Last"
    definition["States"]["Last"] = {"Type": "Wait", "Seconds": 86_400, "End": True}
    arn, client = machines.make(definition), machines.client

    def has_begun(execution: str) -> bool:
        runs = client.list_map_runs(executionArn=execution)["mapRuns"]
        return bool(runs) and machines.map_run(execution)["itemCounts"]["succeeded"] > 0

    def status_after_a_stop() -> str:
        started = client.start_execution(stateMachineArn=arn, input=json.dumps(list(range(items))))["executionArn"]
        assert items == 1 or wait_for(lambda: has_begun(started))
        client.stop_execution(executionArn=started)
        return str(wait_for(lambda: machines.ended(started))["status"])

    assert [status_after_a_stop() for _ in range(20)] == ["ABORTED"] * 20


def test_without_the_patch_it_does_not(unpatched: Lab) -> None:
    machines = Machines(unpatched)
    arn = machines.make({"StartAt": "Only", "States": {"Only": PASS}}, publish=True)
    version = machines.client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"][0]
    routing = [{"stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100}]
    machines.client.create_state_machine_alias(name="live", routingConfiguration=routing)
    with pytest.raises(ClientError) as raised:
        machines.client.start_execution(stateMachineArn=arn, input="{}")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_items_come_in_batches_with_the_batches_input(machines: Machines) -> None:
    batcher = {"MaxItemsPerBatch": 4, "BatchInput": {"run.$": "$.run", "name.$": "$$.Execution.Name"}}
    selector = {"row.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value"}
    definition = distributed(ItemsPath="$.items", ItemBatcher=batcher, ItemSelector=selector)
    ended = machines.run(machines.make(definition), {"run": "r1", "items": list("abcdefghij")})

    assert [len(batch["Items"]) for batch in ended.output] == [4, 4, 2]
    assert ended.output[1]["Items"][0] == {"row": 4, "value": "e"}
    assert ended.output[0]["BatchInput"] == {"run": "r1", "name": ended.arn.rsplit(":", 1)[-1]}


def test_without_the_patch_batches_and_json_lines_are_refused(unpatched: Lab) -> None:
    machines = Machines(unpatched)
    assert machines.refused(distributed(ItemBatcher={"MaxItemsPerBatch": 4}))
    assert machines.refused(distributed(ItemReader=object_reader("b", "k", InputType="JSONL")))
    assert machines.refused(distributed(ToleratedFailurePercentage=5))


def test_json_lines_are_read(lab: Lab, machines: Machines) -> None:
    bucket = put(lab, "rows.jsonl", '{"a": 1}\n\n{"a": 2}\r\n{"a": "ü"}')
    definition = distributed(ItemReader=object_reader(bucket, "rows.jsonl", InputType="JSONL"))
    assert machines.run(machines.make(definition)).output == [{"a": 1}, {"a": 2}, {"a": "ü"}]
    most = distributed(ItemReader=object_reader(bucket, "rows.jsonl", InputType="JSONL", MaxItems=2))
    assert len(machines.run(machines.make(most)).output) == 2


def test_an_invalid_line_fails_the_reader(lab: Lab, machines: Machines) -> None:
    bucket = put(lab, "rows.jsonl", '{"a": 1}\n{"a": \n')
    definition = distributed(ItemReader=object_reader(bucket, "rows.jsonl", InputType="JSONL"))
    ended = machines.run(machines.make(definition))
    assert (ended.status, ended.error) == ("FAILED", "States.ItemReaderFailed")


@pytest.mark.parametrize(("name", "delimiter"), [("", ","), ("SEMICOLON", ";"), ("TAB", "\t")])
def test_rows_of_csv_are_read(lab: Lab, machines: Machines, name: str, delimiter: str) -> None:
    lines = ["id,b", '1,"x, y"', "2,"]
    text = "\n".join(line if '"' in line else line.replace(",", delimiter) for line in lines)
    bucket = put(lab, "rows.csv", text.replace('1,"', f'1{delimiter}"'))
    config = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"} | ({"CSVDelimiter": name} if name else {})
    definition = distributed(ItemReader=object_reader(bucket, "rows.csv", **config))
    assert machines.run(machines.make(definition)).output == [{"id": "1", "b": "x, y"}, {"id": "2", "b": ""}]


@pytest.mark.parametrize("count", [0, 5])
def test_every_object_below_a_prefix_is_an_item(lab: Lab, machines: Machines, count: int) -> None:
    bucket = lab.bucket()
    for number in range(count):
        lab.client("s3").put_object(Bucket=bucket, Key=f"in/{number:04d}", Body=b"")
    pages = {"Bucket": bucket, "Prefix": "in/", "MaxKeys": 2}
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": pages}
    ended = machines.run(machines.make(distributed(ItemReader=reader, ItemBatcher={"MaxItemsPerBatch": 100})))
    keys = [item["Key"] for batch in ended.output for item in batch["Items"]]
    assert (ended.status, keys) == ("SUCCEEDED", [f"in/{number:04d}" for number in range(count)])


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailurePercentage": 19}, "FAILED"),
        ({"ToleratedFailurePercentage": 20}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 20}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 19, "ToleratedFailurePercentage": 100}, "FAILED"),
    ],
)
def test_a_run_fails_where_more_items_failed_than_tolerated(
    machines: Machines, echo: dict[str, Any], tolerance: dict[str, int], status: str
) -> None:
    """Of ten batches of ten items, two fail."""
    items = ["bad" if number in (15, 55) else number for number in range(100)]
    definition = distributed(echo, ItemBatcher={"MaxItemsPerBatch": 10}, MaxConcurrency=1, **tolerance)
    ended = machines.run(machines.make(definition), items)
    assert ended.status == status
    assert ended.error == ("" if status == "SUCCEEDED" else "States.ExceedToleratedFailureThreshold")
    counts = machines.map_run(ended.arn)["itemCounts"]
    assert counts["total"] == 100 == sum(counts[name] for name in ("succeeded", "failed", "pending"))
    if status == "SUCCEEDED":
        assert (counts["succeeded"], counts["failed"]) == (80, 20)


@pytest.mark.parametrize("tolerated", [100, 0])
def test_results_are_written_by_status(lab: Lab, machines: Machines, echo: dict[str, Any], tolerated: int) -> None:
    bucket = lab.bucket()
    definition = distributed(echo, ResultWriter=writer(bucket), ToleratedFailurePercentage=tolerated, MaxConcurrency=1)
    ended = machines.run(machines.make(definition), [1, "bad", 3])
    objects = lab.objects(bucket)
    (manifest,) = (content for key, content in objects.items() if key.endswith("/manifest.json"))
    listed = {status: [entry["Key"] for entry in files] for status, files in manifest["ResultFiles"].items()}
    inputs = {
        status: [json.loads(row["Input"]) for key in keys for row in objects[key]] for status, keys in listed.items()
    }
    # With one at a time, a run that tolerates nothing begins no child after the one that failed.
    done = {"SUCCEEDED": [1, 3], "PENDING": []} if tolerated else {"SUCCEEDED": [1], "PENDING": [3]}
    assert inputs == {"FAILED": ["bad"], **done}
    (failed,) = objects[listed["FAILED"][0]]
    assert (failed["Error"], failed["Status"]) == ("ValueError", "FAILED")
    if tolerated:
        assert ended.output["ResultWriterDetails"]["Key"] == next(k for k in objects if k.endswith("manifest.json"))
    else:
        assert ended.error == "States.ExceedToleratedFailureThreshold"


def test_results_are_written_by_each_try_of_a_map(lab: Lab, machines: Machines) -> None:
    name, bucket = lab.function(FAILS_FIRST), lab.bucket()
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    definition = distributed(task(name, lab), ResultWriter=writer(bucket), MaxConcurrency=1, Retry=retry)
    ended = machines.run(machines.make(definition), [7])
    assert ended.status == "SUCCEEDED"
    objects = lab.objects(bucket)
    manifest = objects[ended.output["ResultWriterDetails"]["Key"]]
    assert manifest["MapRunArn"] == ended.output["MapRunArn"]
    ((row,),) = [objects[entry["Key"]] for entry in manifest["ResultFiles"]["SUCCEEDED"]]
    assert row["Output"] == "7"


@pytest.mark.parametrize("ending", ["ABORTED", "TIMED_OUT"])
def test_an_execution_that_ends_from_outside_begins_no_more_items(lab: Lab, machines: Machines, ending: str) -> None:
    """One is at work at that moment; the others are never begun, and no item counts as done."""
    name = lab.function("import time\ndef handle(event, context):\n    print('SAID 0', flush=True)\n    time.sleep(1)")
    definition = distributed(task(name, lab), MaxConcurrency=1)
    definition |= {"TimeoutSeconds": 8} if ending == "TIMED_OUT" else {}
    arn = machines.make(definition)
    started = machines.client.start_execution(stateMachineArn=arn, input=json.dumps(list(range(200))))["executionArn"]
    if ending == "ABORTED":
        assert wait_for(lambda: lab.said(name))
        machines.client.stop_execution(executionArn=started)
    assert wait_for(lambda: machines.ended(started))["status"] == ending
    run = wait_for(lambda: machines.map_run(started, "ABORTED"))
    counts = run["itemCounts"]
    assert counts["aborted"] == 1
    assert len(lab.said(name)) <= counts["succeeded"] + 1
    assert counts["succeeded"] + 1 + counts["pending"] == 200
