"""What events and predictions travel on: streams, topics and queues, each there and in use."""

from typing import Any

from millrace.doctor.ask import Answer
from millrace.doctor.finding import Finding, Place, fault, judged, ok, warning

Document = dict[str, Any]


def stream(place: Place, name: str, answer: Answer[Document]) -> Finding:
    """Of kinesis:DescribeStreamSummary."""

    def judge(found: Document) -> Finding:
        summary = found["StreamDescriptionSummary"]
        shards, status = summary["OpenShardCount"], summary["StreamStatus"]
        if status not in ("ACTIVE", "UPDATING"):
            return fault(name, f"the stream is {status}", place.deploy)
        if summary.get("EncryptionType", "NONE") == "NONE":
            return warning(name, "the stream is not encrypted", place.deploy)
        return ok(name, f"Kinesis, {shards} shards, {status.lower()}, kept for {summary['RetentionPeriodHours']} h")

    return judged(name, answer, judge, place.deploy)


def topic(place: Place, name: str, answer: Answer[Document]) -> Finding:
    """Of sns:GetTopicAttributes."""

    def judge(found: Document) -> Finding:
        encrypted = "encrypted" if found["Attributes"].get("KmsMasterKeyId") else "not encrypted by a key of yours"
        return ok(name, f"SNS, {encrypted}")

    return judged(name, answer, judge, place.deploy)


def queue(place: Place, name: str, answer: Answer[Document]) -> Finding:
    """Of sqs:GetQueueAttributes."""

    def judge(found: Document) -> Finding:
        return ok(name, f"SQS, {int(found['Attributes'].get('ApproximateNumberOfMessages', 0)):,} messages wait")

    return judged(name, answer, judge, place.deploy)
