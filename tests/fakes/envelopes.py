"""Lambda events around event bytes, shaped as AWS documents them."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import sources
from records import kpl
from sources.batch import Batch
from sources.objects import NamedObject, StoredObject, StoredObjects

MODEL = "sessions"  # the name of the models in `artifacts`
STREAM_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/events"
TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:events"
QUEUE_ARN = "arn:aws:sqs:eu-central-1:123456789012:events"
SHARD = "shardId-000000000006"
FIRST_SEQUENCE = 49590338271490256608559692538361571095921575989136588898


def read(event: Any) -> Batch:
    """The batch in an event, as the scorer of the model `sessions` reads it."""
    return sources.read(event, MODEL, OneEvent())


class OneEvent(StoredObjects):
    """Every object is an event."""

    def __init__(self) -> None:
        self.most_bytes = 1_000

    def read(self, bucket: str, key: str, version: str = "") -> StoredObject:
        return StoredObject(version or "etag", json.dumps(event()).encode(), bool(version))

    def listed(self, bucket: str, prefix: str) -> Iterator[NamedObject]:
        yield NamedObject(f"{prefix}one.json", 100)


def event(number: int = 0, **features: Any) -> dict[str, Any]:
    """A good event for the models in `artifacts`; `features` replace or add members."""
    members = {"pages": 3 + number, "spend": 12.5, "returning": True, "device": "mobile", "referrer": "ads"}
    return {"event_id": f"e-{number}", "features": members | features}


def kinesis(*payloads: bytes | str | dict[str, Any], first: int = FIRST_SEQUENCE) -> dict[str, Any]:
    """A Kinesis batch; text stands for the envelope's base64 itself, an object for its JSON."""
    return {"Records": [_kinesis(payload, first + i) for i, payload in enumerate(payloads)]}


def _kinesis(payload: bytes | str | dict[str, Any], sequence: int) -> dict[str, Any]:
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": f"key-{sequence % 1000}",
            "sequenceNumber": str(sequence),
            "data": payload if isinstance(payload, str) else base64.b64encode(payload).decode("ascii"),
            "approximateArrivalTimestamp": 1700000000.25,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/scorer",
        "awsRegion": "eu-central-1",
        "eventSourceARN": STREAM_ARN,
    }


def sqs(*bodies: str | dict[str, Any]) -> dict[str, Any]:
    """An SQS batch of plain messages."""
    return {"Records": [_sqs(body, f"00000000-0000-4000-8000-{i:012}") for i, body in enumerate(bodies)]}


def _sqs(body: str | dict[str, Any], message_id: str) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1700000000250",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1700000000260",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE_ARN,
        "awsRegion": "eu-central-1",
    }


def notification(message: str | dict[str, Any], number: int = 0, **members: Any) -> dict[str, Any]:
    """An SNS notification, as it stands in an SQS message's body; `members` replace or add some."""
    return {
        "Type": "Notification",
        "MessageId": f"10000000-0000-4000-8000-{number:012}",
        "TopicArn": TOPIC_ARN,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2023-11-14T22:13:20.250Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    } | members


def sns(message: str | dict[str, Any], **members: Any) -> dict[str, Any]:
    """An SNS notification delivered directly: one an invocation."""
    envelope = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{TOPIC_ARN}:21be56ed-a058-49f5-8c98-aedd2564c486",
        "Sns": notification(message, **members),
    }
    return {"Records": [envelope]}


def aggregate(users: Sequence[tuple[str, bytes]]) -> bytes:
    """One KPL record out of many: partition key and bytes of each."""
    keys = sorted({key for key, _ in users})
    place = {key: i for i, key in enumerate(keys)}
    parts = [member(1, key.encode()) for key in keys]
    parts += [member(3, b"\x08" + varint(place[key]) + member(3, data)) for key, data in users]  # 8: varint, number 1
    return sealed(b"".join(parts))


def sealed(message: bytes) -> bytes:
    """A KPL record around a protocol buffer that may be anything: magic number and right digest."""
    return kpl.MAGIC + message + hashlib.md5(message).digest()


def member(number: int, value: bytes) -> bytes:
    """A length-delimited member of a protocol buffer."""
    return varint(number << 3 | 2) + varint(len(value)) + value


_ONE_BYTE = [bytes((value,)) for value in range(0x80)]


def varint(value: int) -> bytes:
    if value < 0x80:
        return _ONE_BYTE[value]
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
