"""Small functions, streams and buckets on a LocalStack, and what became of them."""

import base64
import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from botocore.config import Config
from localstack_client.session import Session

from millrace_localstack.launcher import LocalStack
from tests.fakes.wait import look_until_true
from tests.integration.harness import DEADLINE

# What the stubs are about is not IAM: their role may do everything.
EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
ACCOUNT = "000000000000"


class Lab:
    """Names are unique, so that tests do not meet each other's things."""

    def __init__(self, localstack: LocalStack) -> None:
        self.localstack = localstack
        self._mappings: list[str] = []
        self._session = Session("test", "test", localstack_host=f"127.0.0.1:{localstack.port}")
        self.client = cache(self._client)

    def _client(self, service: str) -> Any:
        # No retries: a test sees each answer as it comes.
        return self._session.client(service, config=Config(retries={"total_max_attempts": 1}, read_timeout=DEADLINE))

    @cached_property
    def stub_role(self) -> str:
        return self.role(EVERYTHING)

    def role(self, statements: list[Any], service: str = "lambda.amazonaws.com", **settings: Any) -> str:
        """The ARN of a role that a service, and the account, can assume."""
        iam, name = self.client("iam"), unique("role")
        trust = [
            {"Effect": "Allow", "Principal": {"Service": service, "AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
        ]
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **settings)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="stated", PolicyDocument=document(statements))
        arn: str = made["Role"]["Arn"]
        return arn

    def function(
        self, source: str, *, timeout: int = 20, memory: int = 128, role: str | None = None, **environment: str
    ) -> str:
        """A function from one file of source with `handle(event, context)`; its name."""
        name = unique("stub")
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role or self.stub_role,
            Handler="stub.handle",
            Code={"ZipFile": zipped({"stub.py": source})},
            Timeout=timeout,
            MemorySize=memory,
            Environment={"Variables": environment},
        )
        return name

    def invoke(self, function: str, event: Any = None) -> tuple[str | None, Any, str]:
        """The kind of error if there was one, the payload, and the end of the log."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event), LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        return answer.get("FunctionError"), json.load(answer["Payload"]), log

    def stream(self, shards: int = 1, **tags: str) -> str:
        name = unique("stream")
        tagged = {"Tags": tags} if tags else {}
        self.client("kinesis").create_stream(StreamName=name, ShardCount=shards, **tagged)
        return name

    def stream_arn(self, name: str) -> str:
        summary = self.client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        arn: str = summary["StreamARN"]
        return arn

    def wait_until_active(self, stream: str) -> None:
        """After a split or a merge: until then there cannot be another."""
        kinesis = self.client("kinesis")

        def active() -> bool:
            summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
            return bool(summary["StreamStatus"] == "ACTIVE")

        assert wait_for(active)

    def put(self, stream: str, data: Iterable[str], key: str | None = None) -> None:
        """Each datum is a record; its own partition key unless one is given."""
        entries = [{"Data": datum.encode(), "PartitionKey": key or datum} for datum in data]
        for first in range(0, len(entries), 500):
            answer = self.client("kinesis").put_records(StreamName=stream, Records=entries[first : first + 500])
            assert answer["FailedRecordCount"] == 0

    def queue(self) -> tuple[str, str, str]:
        """Name, URL and ARN of a queue."""
        sqs, name = self.client("sqs"), unique("queue")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        return name, url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def map(self, stream: str, function: str, **settings: Any) -> str:
        """A mapping from the beginning of the stream; its id."""
        start = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100}
        return self.map_source(self.stream_arn(stream), function, **{**start, **settings})

    def map_source(self, arn: str, function: str, **settings: Any) -> str:
        """A mapping of a stream or a queue; its id."""
        answer = self.client("lambda").create_event_source_mapping(
            EventSourceArn=arn, FunctionName=function, **settings
        )
        self._mappings.append(answer["UUID"])
        return self._mappings[-1]

    def unmap(self) -> None:
        """End every mapping that was made."""
        while self._mappings:
            self.client("lambda").delete_event_source_mapping(UUID=self._mappings.pop())

    def samples(self, namespace: str, metric: str, **dimensions: str) -> list[tuple[float, float, str]]:
        """Sum, number and unit of a metric's samples of late, by period.

        LocalStack looks for one statistic after the other: a sample that comes between the two is in the second only.
        """
        now = datetime.now(UTC)
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return [(point.get("Sum", 0.0), point.get("SampleCount", 0.0), point["Unit"]) for point in points]

    def bucket(self) -> str:
        name = unique("bucket")
        self.client("s3").create_bucket(Bucket=name)
        return name

    def objects(self, bucket: str, prefix: str = "") -> dict[str, Any]:
        """The JSON of every object by its key."""
        s3 = self.client("s3")
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
        return {key: json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]) for key in keys}

    def said(self, function: str) -> list[Any]:
        """What the function printed as lines `SAID <JSON>`, from the log that LocalStack keeps of it."""
        log = self.localstack.function_logs / f"{function}.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [json.loads(line.removeprefix("SAID ")) for line in lines if line.startswith("SAID ")]


def unique(word: str) -> str:
    return f"{word}-{uuid.uuid4().hex[:10]}"


def document(statements: list[Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def wait_for[T](look: Callable[[], T], seconds: float = DEADLINE) -> T:
    """What `look` gives as soon as it is true; what it gave last if it never was."""
    return look_until_true(look, seconds)


def settles[T](look: Callable[[], T], seconds: float = 1.0) -> T:
    """What `look` gives once it has given the same for `seconds`: nothing more comes."""
    since, last = time.monotonic(), look()
    deadline = since + DEADLINE
    while time.monotonic() - since < seconds and time.monotonic() < deadline:
        time.sleep(0.05)
        if (now := look()) != last:
            since, last = time.monotonic(), now
    return last
