"""The envelopes that events may be in, inside of a record: each function finds the event in an object as it was sent.

They return the object, with the event decoded in its place where it was encoded, and the event. They raise Fault.
"""

from __future__ import annotations

import binascii

from records.dynamodb_image import plain_image
from records.faults import Code, Fault
from records.strict_json import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Unwrapped = tuple[dict[str, Any], dict[str, Any]]


def cloudevents(sent: dict[str, Any]) -> Unwrapped:
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md"""
    _expect(sent, "specversion", str)
    if "data" in sent or "data_base64" not in sent:
        return sent, _object(sent, "data")
    try:
        raw = binascii.a2b_base64(_expect(sent, "data_base64", str), strict_mode=True)
    except ValueError:
        raise _invalid("/data_base64", "expected base64") from None
    event = _decoded(raw, "/data_base64")
    return {name: value for name, value in sent.items() if name != "data_base64"} | {"data": event}, event


def eventbridge(sent: dict[str, Any]) -> Unwrapped:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
    _expect(sent, "detail-type", str)
    return sent, _object(sent, "detail")


def dms(sent: dict[str, Any]) -> Unwrapped:
    """https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html; control records have no `data`."""
    _expect(sent, "metadata", dict)
    return sent, _object(sent, "data")


def debezium(sent: dict[str, Any]) -> Unwrapped:
    """https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-change-events-value

    With its schema (`payload`), or without. A deleted row has no `after`.
    """
    inside = "payload" in sent
    change = _object(sent, "payload") if inside else sent
    where = "/payload" if inside else ""
    _expect(change, "op", str, where)
    return sent, _object(change, "after", where)


def dynamodb(sent: dict[str, Any]) -> Unwrapped:
    """A change with its new image, or an image alone; its typed attributes become plain values.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
    """
    if "dynamodb" not in sent:
        event = plain_image(sent, "")
        return event, event
    change = _object(sent, "dynamodb")
    event = plain_image(_object(change, "NewImage", "/dynamodb"), "/dynamodb/NewImage")
    return sent | {"dynamodb": change | {"NewImage": event}}, event


def sns(sent: dict[str, Any]) -> Unwrapped:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html: the event is text in `Message`."""
    _expect(sent, "TopicArn", str)
    event = _decoded(_expect(sent, "Message", str).encode("utf-8", "surrogatepass"), "/Message")
    return sent | {"Message": event}, event


UNWRAP: dict[str, Callable[[dict[str, Any]], Unwrapped]] = {
    "cloudevents": cloudevents,
    "eventbridge": eventbridge,
    "dms": dms,
    "debezium": debezium,
    "dynamodb": dynamodb,
    "sns": sns,
}


def _expect(holder: dict[str, Any], name: str, kind: type, where: str = "") -> Any:
    value = holder.get(name)
    if type(value) is not kind:
        expected = "a string" if kind is str else "an object"
        raise _invalid(f"{where}/{name}", f"expected {expected}, as the manifest's envelope has")
    return value


def _object(holder: dict[str, Any], name: str, where: str = "") -> dict[str, Any]:
    found: dict[str, Any] = _expect(holder, name, dict, where)
    return found


def _decoded(raw: bytes, where: str) -> dict[str, Any]:
    try:
        return decode(raw)
    except Fault as fault:
        raise Fault(fault.code, where, fault.detail) from None


def _invalid(path: str, detail: str) -> Fault:
    return Fault(Code.INVALID_ENVELOPE, path, detail)
