"""The envelopes that an event is put in, as a service puts it there: the inverse of scoring/events/unwrap.py.

Each function gets the event, and the paths that the manifest reads outside of it, and returns the envelope with the
event itself in it, so that members can be added to both. What an envelope has as text or typed attributes is encoded
when it is complete, by `ENCODE`.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from model_store.event_format import CLOUDEVENTS, DEBEZIUM, DMS, DYNAMODB, EVENTBRIDGE, NO_ENVELOPE, SNS

Object = dict[str, Any]
Tokens = Sequence[str]

dump: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_CHANGE = ("awsRegion", "dynamodb", "eventID", "eventName", "eventSource", "eventSourceARN", "eventVersion")


def _bare(event: Object, paths: Collection[Tokens]) -> Object:
    return event


def _cloudevents(event: Object, paths: Collection[Tokens]) -> Object:
    return {"specversion": "1.0", "id": "replay", "source": "/millrace/replay", "type": "row", "data": event}


def _eventbridge(event: Object, paths: Collection[Tokens]) -> Object:
    return {"version": "0", "id": "replay", "detail-type": "row", "source": "millrace.replay", "detail": event}


def _dms(event: Object, paths: Collection[Tokens]) -> Object:
    return {"data": event, "metadata": {"record-type": "data", "operation": "insert"}}


def _debezium(event: Object, paths: Collection[Tokens]) -> Object:
    """With its schema around it only where a path leads through `payload`."""
    change = {"before": None, "after": event, "op": "c"}
    return {"schema": {}, "payload": change} if any(path[0] == "payload" for path in paths) else change


def _dynamodb(event: Object, paths: Collection[Tokens]) -> Object:
    """A change, unless a path says that the image is alone."""
    if any(path[0] not in _CHANGE for path in paths):
        return event
    return {"eventID": "replay", "eventName": "INSERT", "dynamodb": {"NewImage": event}}


def _sns(event: Object, paths: Collection[Tokens]) -> Object:
    return {"Type": "Notification", "MessageId": "replay", "TopicArn": "arn:aws:sns:::replay", "Message": event}


WRAP: Mapping[str, Callable[[Object, Collection[Tokens]], Object]] = {
    NO_ENVELOPE: _bare,
    CLOUDEVENTS: _cloudevents,
    EVENTBRIDGE: _eventbridge,
    DMS: _dms,
    DEBEZIUM: _debezium,
    DYNAMODB: _dynamodb,
    SNS: _sns,
}


def _typed_image(sent: Object) -> Object:
    change = sent.get("dynamodb")
    if change is None:
        return {name: _attribute(value) for name, value in sent.items()}
    image = {name: _attribute(value) for name, value in change["NewImage"].items()}
    return sent | {"dynamodb": change | {"NewImage": image}}


def _attribute(value: Any) -> Object:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html"""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case list():
            return {"L": [_attribute(inner) for inner in value]}
        case dict():
            return {"M": {name: _attribute(inner) for name, inner in value.items()}}
        case _:
            return {"N": dump(value)}


ENCODE: Mapping[str, Callable[[Object], Object]] = {
    DYNAMODB: _typed_image,
    SNS: lambda sent: sent | {"Message": dump(sent["Message"])},
}
