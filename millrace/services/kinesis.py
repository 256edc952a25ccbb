"""Kinesis streams."""

from typing import Any

from millrace.doctor.ask import Answer, Ask, Known
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok, warning
from millrace.services.charges import HOURS_A_MONTH, Charge, StandingCharge

SERVICE = "kinesis"
RESOURCE = "aws_kinesis_stream"
PUT_UNITS = "kinesis_million_put_units"
UNITS = Charge("Kinesis units of 25 KB", PUT_UNITS, "one a record")
SHARDS = StandingCharge(
    "Kinesis shard hours", "kinesis_shard_hour", RESOURCE, "shard_count", HOURS_A_MONTH, f"{HOURS_A_MONTH} h a shard"
)


def summary(ask: Ask, stream: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "describe_stream_summary", StreamName=stream)


def check(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of kinesis:DescribeStreamSummary: whether the stream is there, in use and encrypted."""

    def judge(found: dict[str, Any]) -> Finding:
        described = found["StreamDescriptionSummary"]
        shards, status = described["OpenShardCount"], described["StreamStatus"]
        if status not in ("ACTIVE", "UPDATING"):
            return fault(name, f"the stream is {status}", place.deploy)
        if described.get("EncryptionType", "NONE") == "NONE":
            return warning(name, "the stream is not encrypted", place.deploy)
        return ok(name, f"Kinesis, {shards} shards, {status.lower()}, kept for {described['RetentionPeriodHours']} h")

    return judged(name, answer, judge, place.deploy)


def encryption_key(answer: Answer[dict[str, Any]]) -> str | None:
    """The key that encrypts the stream; None where that is not known."""
    if not isinstance(answer, Known):
        return None
    key: str | None = answer.value["StreamDescriptionSummary"].get("KeyId")
    return key
