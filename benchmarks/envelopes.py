"""Events as Lambda's runtime API hands them over, by the source that they come from: compact JSON."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from records import kpl

KINESIS, AGGREGATES, SQS, SNS_IN_SQS = SOURCES = ("Kinesis", "KPL aggregates of 100", "SQS", "SNS in SQS")
AGGREGATED = 100
ACCOUNT = "eu-central-1:123456789012"
STREAM_ARN, QUEUE_ARN, TOPIC_ARN = (f"arn:aws:{kind}:{ACCOUNT}:{name}" for kind, name in (
    ("kinesis", "stream/events"), ("sqs", "events"), ("sns", "events"),
))  # fmt: skip
SHARD = "shardId-000000000006"
FIRST_SEQUENCE = 49590338271490256608559692538361571095921575989136588898
FIRST_ARRIVAL = 1_795_264_867_000  # milliseconds since the epoch


def event(source: str, payloads: Iterable[bytes]) -> bytes:
    """A batch in which every payload is a record, or a user record of an aggregate."""
    envelope = _ENVELOPES[source]
    if source == AGGREGATES:
        payloads = map(_aggregate, batched(payloads, AGGREGATED, strict=False))
    envelopes = [envelope(number, payload) for number, payload in enumerate(payloads)]
    return json.dumps({"Records": envelopes}, separators=(",", ":")).encode()


def _kinesis(number: int, payload: bytes) -> dict[str, Any]:
    sequence = str(FIRST_SEQUENCE + number * 2**32)
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": hashlib.sha256(sequence.encode()).hexdigest()[:12],
            "sequenceNumber": sequence,
            "data": base64.b64encode(payload).decode("ascii"),
            "approximateArrivalTimestamp": (FIRST_ARRIVAL + number // 100) / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/scorer",
        "awsRegion": "eu-central-1",
        "eventSourceARN": STREAM_ARN,
    }


def _aggregate(payloads: Sequence[bytes]) -> bytes:
    """As the Kinesis Producer Library makes it: with a key for each user record."""
    keys = [hashlib.sha256(payload).hexdigest()[:12] for payload in payloads]
    return kpl.aggregate(list(zip(keys, payloads, strict=True)), "0")


def _sqs(number: int, payload: bytes) -> dict[str, Any]:
    return {
        "messageId": _id("message", number),
        "receiptHandle": _signature("receipt", number),
        "body": payload.decode(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(FIRST_ARRIVAL + number),
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": str(FIRST_ARRIVAL + number + 17),
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(payload, usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": "eu-central-1",
    }


def _sns_in_sqs(number: int, payload: bytes) -> dict[str, Any]:
    published = datetime.fromtimestamp((FIRST_ARRIVAL + number) / 1000, UTC)
    host = "https://sns.eu-central-1.amazonaws.com"
    notification = {
        "Type": "Notification",
        "MessageId": _id("notification", number),
        "TopicArn": TOPIC_ARN,
        "Message": payload.decode(),
        "Timestamp": published.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": "1",
        "Signature": _signature("notification", number),
        "SigningCertURL": f"{host}/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem",
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={TOPIC_ARN}:{_id('subscription', 0)}",
        "MessageAttributes": {"partition_key": {"Type": "String", "Value": _id("key", number)[:12]}},
    }
    return _sqs(number, json.dumps(notification).encode())


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}"))


def _signature(kind: str, number: int) -> str:
    """As long as those of AWS."""
    return base64.b64encode(hashlib.sha512(f"{kind} {number}".encode()).digest() * 4).decode("ascii")


_ENVELOPES: dict[str, Callable[[int, bytes], dict[str, Any]]] = {
    KINESIS: _kinesis,
    AGGREGATES: _kinesis,
    SQS: _sqs,
    SNS_IN_SQS: _sns_in_sqs,
}
