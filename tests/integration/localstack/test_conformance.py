"""LocalStack with the fixes does with a batch that fails what the simulator does, and AWS: the same cases."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from simulator.conformance import (
    QUEUE_CASES,
    STREAM_CASES,
    QueueCase,
    QueueObserved,
    StreamCase,
    StreamObserved,
    failure,
)
from tests.integration.localstack.lab import Lab, settles, wait_for

REPORT = ["ReportBatchItemFailures"]


class Running:
    """A case on LocalStack, begun; `seen` is what has come of it."""

    def __init__(self, case: StreamCase | QueueCase, seen: Callable[[], Any]) -> None:
        self.case, self.seen = case, seen

    @property
    def done(self) -> bool:
        return self.case.matches(self.seen())


@pytest.fixture(scope="module")
def running(lab: Lab) -> Iterator[dict[str, Running]]:
    """All cases at once, begun and waited for: each takes seconds, in which the others go on."""
    waiting_first = sorted(STREAM_CASES, key=lambda case: -case.aged)
    with ThreadPoolExecutor(6) as threads:
        streams = threads.map(lambda case: begin_stream(lab, case), waiting_first)
        queues = threads.map(lambda case: begin_queue(lab, case), QUEUE_CASES)
        cases = [*streams, *queues]
    wait_for(lambda: all(case.done for case in cases))
    settles(lambda: [case.seen() for case in cases if getattr(case.case, "counted", True)])
    yield {case.case.name: case for case in cases}
    lab.unmap()


@pytest.fixture(autouse=True)
def unmapped() -> None:
    """The mappings of these tests are those of the module."""


@pytest.mark.parametrize("case", STREAM_CASES, ids=lambda case: case.name)
def test_a_stream(running: dict[str, Running], case: StreamCase) -> None:
    seen = running[case.name].seen()
    assert case.matches(seen), f"expected {case.expected}, got {seen}"


@pytest.mark.parametrize("case", QUEUE_CASES, ids=lambda case: case.name)
def test_a_queue(running: dict[str, Running], case: QueueCase) -> None:
    seen = running[case.name].seen()
    assert case.matches(seen), f"expected {case.expected}, got {seen}"


def begin_stream(lab: Lab, case: StreamCase) -> Running:
    settings = case.settings
    function, stream, bucket = lab.function(case.function), lab.stream(), lab.bucket()
    lab.put(stream, case.data[: case.aged], key="key")
    if case.aged:
        time.sleep(settings.maximum_record_age_seconds)
    lab.put(stream, case.data[case.aged :], key="key")
    lab.map(
        stream,
        function,
        BatchSize=settings.batch_size,
        MaximumRetryAttempts=settings.maximum_retry_attempts,
        MaximumRecordAgeInSeconds=int(settings.maximum_record_age_seconds),
        BisectBatchOnFunctionError=settings.bisect_batch_on_function_error,
        FunctionResponseTypes=REPORT if settings.report_batch_item_failures else [],
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )

    def seen() -> StreamObserved:
        failures = [failure(key, document) for key, document in lab.objects(bucket).items()]
        deliveries = tuple(map(tuple, lab.said(function)))
        return StreamObserved(deliveries, tuple(sorted(failures, key=lambda one: one.data)))

    return Running(case, seen)


def begin_queue(lab: Lab, case: QueueCase) -> Running:
    sqs, function = lab.client("sqs"), lab.function(case.function, timeout=case.visibility_seconds)
    _, dead_url, dead_arn = lab.queue()
    _, url, arn = lab.queue()
    redrive = f'{{"deadLetterTargetArn": "{dead_arn}", "maxReceiveCount": {case.max_receive_count}}}'
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": str(case.visibility_seconds)}
    )
    entries = [{"Id": str(i), "MessageBody": datum} for i, datum in enumerate(case.data)]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    sent = {entry["MessageId"]: case.data[int(entry["Id"])] for entry in answer["Successful"]}
    lab.map_source(arn, function, BatchSize=10, FunctionResponseTypes=REPORT)
    dead: set[str] = set()

    def seen() -> QueueObserved:
        """A dead letter under another MessageId than it was sent with is a KeyError."""
        messages = sqs.receive_message(QueueUrl=dead_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        dead.update(sent[message["MessageId"]] for message in messages.get("Messages", []))
        return QueueObserved(Counter(datum for batch in lab.said(function) for datum in batch), frozenset(dead))

    return Running(case, seen)
