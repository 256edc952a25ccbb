"""Each patch: what it patches, and where it is cheap, what LocalStack does without it."""

import base64
import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millrace.paths import ROOT
from millrace_localstack.launcher import LocalStack
from tests.integration.localstack.lab import Lab, settles, wait_for

# Fails as the environment says when one of its records is bad; else it says which records it had.
SCORER = """\
import base64, json, os

def handle(event, context):
    records = [
        (record["kinesis"]["sequenceNumber"], base64.b64decode(record["kinesis"]["data"]).decode())
        for record in event["Records"]
    ]
    bad = [place for place, (_, data) in enumerate(records) if data.startswith("bad")]
    good = records[: bad[0]] if bad else records
    if bad and os.environ["FAILS"] == "by exception":
        raise ValueError("a bad record")
    print("SAID", json.dumps([data for _, data in good]))
    if bad:
        return {"batchItemFailures": [{"itemIdentifier": records[bad[0]][0]}]}
"""

# The slow record waits for the quick one of the other shard, which marks that it was there: so long, and no longer.
SLOW_SHARD = """\
import base64, json, os, time

def handle(event, context):
    data = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
    mark, deadline = os.environ["MARK"], time.monotonic() + float(os.environ["SECONDS"])
    if "quick" in data:
        open(mark, "w").close()
    while not os.path.exists(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    print("SAID", json.dumps([data[0], os.path.exists(mark)]))
"""

FAILS = "def handle(event, context):\n    print('SAID 0', flush=True)\n    raise ValueError('never succeeds')"

RETRIED_ONCE = {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 1}


def on_failure(bucket: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}}


def said(lab: Lab, function: str) -> list[str]:
    return [datum for batch in lab.said(function) for datum in batch]


def given_up(lab: Lab, bucket: str) -> list[str]:
    """The data of every record that came to the on-failure destination."""
    found = []
    for record in lab.objects(bucket).values():
        payload = record["payload"]
        event = json.loads(payload) if isinstance(payload, str) else payload
        found += [base64.b64decode(entry["kinesis"]["data"]).decode() for entry in event["Records"]]
    return found


def forty_with_bad_17() -> list[str]:
    return ["bad" if number == 17 else f"good {number}" for number in range(40)]


def run_bisect(lab: Lab, fails: str) -> tuple[list[str], list[str]]:
    """What was scored and what was given up of 40 records with one bad."""
    bucket, stream = lab.bucket(), lab.stream()
    function = lab.function(SCORER, FAILS=fails)
    lab.put(stream, forty_with_bad_17(), key="one shard")
    lab.map(stream, function, FunctionResponseTypes=["ReportBatchItemFailures"], **RETRIED_ONCE, **on_failure(bucket))
    wait_for(lambda: len(said(lab, function)) + len(given_up(lab, bucket)) >= 40)
    settles(lambda: len(lab.said(function)))
    return said(lab, function), given_up(lab, bucket)


def test_bisect_gives_up_the_bad_record_only(lab: Lab) -> None:
    scored, lost = run_bisect(lab, "by exception")

    assert lost == ["bad"]
    assert Counter(scored) == Counter(set(forty_with_bad_17()) - {"bad"})  # the others exactly once


def test_without_bisect_the_whole_batch_is_given_up(unpatched: Lab) -> None:
    scored, lost = run_bisect(unpatched, "by exception")

    assert len(lost) == 40
    assert scored == []


def test_bisect_splits_at_the_returned_record_and_takes_no_retry(lab: Lab) -> None:
    """Five bad records and no retry: only with splits for nothing do those before each come through once."""
    bucket, stream = lab.bucket(), lab.stream()
    function = lab.function(
        # A bad record is reported the first time only, when it is not the first of its batch.
        SCORER.replace('if data.startswith("bad")', 'if data.startswith("bad") and place > 0'),
        FAILS="by sequence number",
    )
    data = [f"bad {number}" if number % 8 == 4 else f"good {number}" for number in range(40)]
    lab.put(stream, data, key="one shard")
    lab.map(
        stream,
        function,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **{**RETRIED_ONCE, "MaximumRetryAttempts": 0},
        **on_failure(bucket),
    )
    wait_for(lambda: len(said(lab, function)) >= 40)

    assert settles(lambda: said(lab, function)) == data
    assert lab.objects(bucket) == {}


UPDATED = """
import sys, threading
from types import SimpleNamespace
from localstack.services.lambda_.event_source_mapping import esm_worker
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker, lambda_stores

place = SimpleNamespace(id=SimpleNamespace(account="000000000000", region="us-east-1"))
esm_worker.get_function_version_from_arn = lambda arn: place  # there is no function

if sys.argv[1] == "patched":
    from millrace_localstack.plugin.patches import mapping_state
    mapping_state.apply()

class Poller:
    def __init__(self):
        self.polled, self.answered = threading.Event(), threading.Event()
    def poll_events(self):
        self.polled.set()
        self.answered.wait()
    def close(self): ...

mapping = {"UUID": "1", "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}
lambda_stores["000000000000"]["us-east-1"].event_source_mappings["1"] = mapping
old, new = EsmWorker(mapping, Poller()), EsmWorker(mapping, Poller())
old.create()
old.poller.polled.wait()
old.stop()  # as an update does, while the poll is under way
new.create()
new.poller.polled.wait()
old.poller.answered.set()
old._poller_thread.join()
print(mapping["State"], flush=True)
new.stop()
new.poller.answered.set()
new._poller_thread.join()
print(mapping["State"])
"""


@pytest.mark.parametrize(("patches", "states"), [("patched", ["Enabled", "Disabled"]), ("none", ["Disabled"] * 2)])
def test_a_mapping_that_was_updated_is_described_as_it_is(lab: Lab, patches: str, states: list[str]) -> None:
    """The worker from before an update ends, under load, after the new one began."""
    python = LocalStack(ROOT).folders.python

    done = subprocess.run(
        [python, "-P", "-c", UPDATED, patches], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.stdout.split() == states, done.stderr


def test_the_on_failure_payload_is_a_string(lab: Lab, unpatched: Lab) -> None:
    kinds = {}
    for each in (lab, unpatched):
        bucket, stream = each.bucket(), each.stream()
        each.put(stream, ["bad"])
        mapping = each.map(stream, each.function(FAILS), MaximumRetryAttempts=0, **on_failure(bucket))
        found = wait_for(lambda each=each, bucket=bucket: each.objects(bucket))  # type: ignore[misc]
        ((key, record),) = found.items()
        assert key.startswith(f"aws/lambda/{mapping}/shardId-000000000000/")
        assert record["KinesisBatchInfo"]["batchSize"] == 1
        kinds[each] = type(record["payload"])

    assert kinds == {lab: str, unpatched: dict}


def invoke_alias_with_config(lab: Lab, destination: str) -> str:
    """An asynchronous invocation of an alias that has a config of its own: no retries, a destination. Its function."""
    functions = lab.client("lambda")
    function = lab.function(FAILS)
    version = functions.publish_version(FunctionName=function)["Version"]
    functions.create_alias(FunctionName=function, Name="live", FunctionVersion=version)
    functions.put_function_event_invoke_config(
        FunctionName=function,
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )
    functions.invoke(FunctionName=function, Qualifier="live", InvocationType="Event", Payload=b'{"x": 1}')
    return function


def received(lab: Lab, url: str, seconds: int) -> list[Any]:
    messages = lab.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=seconds).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_an_alias_has_an_event_invoke_config_of_its_own(lab: Lab) -> None:
    _, url, arn = lab.queue()
    invoke_alias_with_config(lab, arn)

    (record,) = wait_for(lambda: received(lab, url, 1))

    assert record["requestPayload"] == {"x": 1}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_without_the_patch_the_config_of_an_alias_is_not_used(unpatched: Lab) -> None:
    _, url, arn = unpatched.queue()
    function = invoke_alias_with_config(unpatched, arn)

    assert wait_for(lambda: len(unpatched.said(function)) == 3)  # the default retries are two
    assert received(unpatched, url, 2) == []


def test_a_bucket_takes_what_asynchronous_invocations_give_up(lab: Lab) -> None:
    bucket = lab.bucket()
    invoke_alias_with_config(lab, f"arn:aws:s3:::{bucket}")

    found = wait_for(lambda: lab.objects(bucket))

    ((key, record),) = found.items()
    assert key.startswith("aws/lambda/async/stub-")
    assert record["requestPayload"] == {"x": 1}
    assert record["responsePayload"]["errorType"] == "ValueError"


def test_without_the_patch_a_bucket_is_refused(unpatched: Lab) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        invoke_alias_with_config(unpatched, f"arn:aws:s3:::{unpatched.bucket()}")


def run_slow_shard(lab: Lab, mark: Path, seconds: float) -> bool:
    """Whether one shard is read while another shard's batch waits for that, up to so many seconds."""
    stream, function = (
        lab.stream(shards=2),
        lab.function(SLOW_SHARD, timeout=150, MARK=str(mark), SECONDS=str(seconds)),
    )
    kinesis = lab.client("kinesis")
    for datum, hash_key in (("slow", 0), ("quick", 2**128 - 1)):
        kinesis.put_record(StreamName=stream, Data=datum, PartitionKey="k", ExplicitHashKey=str(hash_key))
    lab.map(stream, function)
    wait_for(lambda: len(lab.said(function)) == 2)
    return ["slow", True] in lab.said(function)


def test_shards_are_read_side_by_side(lab: Lab, unpatched: Lab, tmp_path: Path) -> None:
    assert run_slow_shard(lab, tmp_path / "patched", 120)
    assert not run_slow_shard(unpatched, tmp_path / "unpatched", 4)


def run_update(lab: Lab, expected: Sequence[str]) -> list[str]:
    """What a mapping delivers that is updated between two records, once all that is expected has come."""
    stream, function = lab.stream(), lab.function(SCORER, FAILS="by exception")
    mapping = lab.map(stream, function)
    lab.put(stream, ["first"])
    wait_for(lambda: said(lab, function) == ["first"])
    lab.client("lambda").update_event_source_mapping(UUID=mapping, BatchSize=50)
    lab.put(stream, ["second"])
    wait_for(lambda: not Counter(expected) - Counter(said(lab, function)))
    return settles(lambda: said(lab, function))


def test_an_updated_mapping_goes_on_where_it_was(lab: Lab, unpatched: Lab) -> None:
    once = ["first", "second"]
    assert run_update(lab, once) == once
    assert run_update(unpatched, ["first", *once]).count("first") == 2


def test_nothing_is_lost_or_doubled_by_updates_and_resharding(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    stream, function = lab.stream(shards=2), lab.function(SCORER, FAILS="by exception")
    mapping = lab.map(stream, function, StartingPosition="TRIM_HORIZON")
    sent: list[str] = []

    def send(count: int) -> None:
        data = [str(len(sent) + number) for number in range(count)]
        lab.put(stream, data)
        sent.extend(data)

    for size in (30, 200, 70):
        send(300)
        lab.client("lambda").update_event_source_mapping(UUID=mapping, BatchSize=size)
    send(300)
    kinesis.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**126))
    send(300)
    lab.wait_until_active(stream)
    kinesis.merge_shards(
        StreamName=stream, ShardToMerge="shardId-000000000003", AdjacentShardToMerge="shardId-000000000001"
    )
    send(300)
    wait_for(lambda: len(set(said(lab, function))) == len(sent))

    assert Counter(settles(lambda: said(lab, function))) == Counter(sent)


def test_direct_reads_deliver_what_getrecords_delivers(lab: Lab, unpatched: Lab) -> None:
    """The patch changes the cost, not the event."""
    source = "import json\ndef handle(event, context):\n    print('SAID', json.dumps(event['Records'][0]))"
    seen = []
    for each in (lab, unpatched):
        stream, function = each.stream(), each.function(source)
        each.put(stream, ["é"])
        each.map(stream, function)
        wait_for(lambda each=each, function=function: each.said(function))  # type: ignore[misc]
        (record,) = each.said(function)
        kinesis = record.pop("kinesis")
        seen.append({**record, **kinesis})

    changing = {"sequenceNumber", "eventID", "approximateArrivalTimestamp", "eventSourceARN", "invokeIdentityArn"}
    patched, other = ({name: value for name, value in record.items() if name not in changing} for record in seen)
    assert patched == other
    assert seen[0].keys() == seen[1].keys()
    assert all(isinstance(record["approximateArrivalTimestamp"], float) for record in seen)
