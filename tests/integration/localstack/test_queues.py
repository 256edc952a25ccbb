"""The patches of SQS: what it costs to measure a queue, and how a mapping asks one that is empty."""

import time

from tests.integration.localstack.lab import Lab, wait_for

SAYS = """\
import json

def handle(event, context):
    for record in event["Records"]:
        print("SAID", json.dumps(record["body"]), flush=True)
"""

# Sum and number of the samples, of three messages with four bytes and four calls for one.
MEASURED = {
    "NumberOfMessagesSent": (3.0, 3.0),
    "SentMessageSize": (4.0, 3.0),
    "NumberOfMessagesReceived": (3.0, 3.0),
    "NumberOfEmptyReceives": (1.0, 1.0),
}


def measured(lab: Lab, queue: str, metric: str) -> tuple[float, float]:
    points = lab.samples("AWS/SQS", metric, QueueName=queue)
    return sum(point[0] for point in points), sum(point[1] for point in points)


def run_queue(lab: Lab) -> dict[str, tuple[float, float]]:
    """What CloudWatch has of a queue in the end."""
    sqs, (name, url, _) = lab.client("sqs"), lab.queue()
    for body in ("a", "bc", "a"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    got = [len(sqs.receive_message(QueueUrl=url).get("Messages", [])) for _ in range(4)]
    assert got == [1, 1, 1, 0]

    def found() -> dict[str, tuple[float, float]]:
        return {metric: measured(lab, name, metric) for metric in MEASURED}

    wait_for(lambda: found() == MEASURED)
    return found()


def test_a_queue_is_measured_as_without_the_patch(lab: Lab, unpatched: Lab) -> None:
    """The patch changes the cost, not the metrics."""
    assert run_queue(lab) == MEASURED
    assert run_queue(unpatched) == MEASURED


def test_a_mapping_waits_at_an_empty_queue(lab: Lab, unpatched: Lab) -> None:
    began, queues = time.monotonic(), {}
    for each in (lab, unpatched):
        name, url, arn = each.queue()
        function = each.function(SAYS)
        each.map_source(arn, function)
        queues[each] = name, url, function

    def asked(each: Lab) -> float:
        return measured(each, queues[each][0], "NumberOfEmptyReceives")[0]

    assert wait_for(lambda: asked(unpatched) > 10)  # five times a second
    assert asked(lab) <= time.monotonic() - began
    for each, (_, url, function) in queues.items():
        each.client("sqs").send_message(QueueUrl=url, MessageBody="here")
        assert wait_for(lambda each=each, function=function: each.said(function)) == ["here"]  # type: ignore[misc]
