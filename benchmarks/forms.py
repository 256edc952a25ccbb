"""The forms that events come in: the same used members each time."""

import base64
import json
from collections.abc import Callable, Sequence
from copy import replace
from dataclasses import dataclass, field

from model_store.event_format import EventFormat, IgnoreRule
from model_store.manifest import Manifest
from model_store.prediction_form import COMPACT as COMPACT_FORM
from model_store.prediction_form import PredictionForm

BASE = "base: 20 features"
COMPACT = "a compact prediction without its partition key"
WITH_ESCAPES = ("an escaped ü", 'escapes \\/ and \\n and \\"')
AT = '"occurred_at":"2026-11-21T12:41:07.250Z"'
Write = Callable[[int, Sequence[str], Sequence[str]], str]


@dataclass(frozen=True)
class EventForm:
    """write : the event of a number with these features and values. path : of the object that has them.

    prediction : the form of what is published of it.
    peer : whether a handler made of msgspec, which knows the base's members only, reads it as well.
    """

    write: Write
    event: EventFormat = field(default_factory=EventFormat)
    path: str = "/features"
    accept_text: bool = False
    peer: bool = False
    prediction: PredictionForm = field(default_factory=PredictionForm)


def _id(number: int) -> str:
    return f'"event_id":"session-{number:08}"'


def _members(names: Sequence[str], values: Sequence[str]) -> str:
    return ",".join(f'"{name}":{value}' for name, value in zip(names, values, strict=True))


def _bare(head: str) -> Write:
    """An event with further members before its features."""
    return lambda number, names, values: f'{{{_id(number)},{head},"features":{{{_members(names, values)}}}}}'


def _with_id(text: str) -> Write:
    return lambda number, names, values: (
        f'{{"event_id":"{text}{number:08}",{AT},"features":{{{_members(names, values)}}}}}'
    )


def _long(number: int, names: Sequence[str], values: Sequence[str]) -> str:
    return _bare('"v":1')(number, names, [f"{values[0]}000000000000000000000001", *values[1:]])


def _doubles(number: int, names: Sequence[str], values: Sequence[str]) -> str:
    return _bare('"v":1')(number, names, [repr(float(value) / 3) for value in values])


def _wide(count: int, member: str) -> Write:
    return _bare(",".join(member.replace("#", str(i)) for i in range(count)))


def _flat(number: int, names: Sequence[str], values: Sequence[str]) -> str:
    return f'"id":{number},{_members(names, values)}'


def _paths(number: int, names: Sequence[str], values: Sequence[str]) -> str:
    """Features at paths of their own: /a/f00, /b/f01 and so on."""
    groups = (_members(names[i::4], values[i::4]) for i in range(4))
    inner = ",".join(f'"{group}":{{{members}}}' for group, members in zip("abcd", groups, strict=True))
    return f"{{{_id(number)},{AT},{inner}}}"


def _dynamodb(number: int, names: Sequence[str], values: Sequence[str]) -> str:
    image = ",".join(f'"{name}":{{"N":"{value}"}}' for name, value in zip(names, values, strict=True))
    return f'{{"eventID":"{number:032}","dynamodb":{{"NewImage":{{{image}}}}}}}'


def _tensors(number: int, names: Sequence[str], values: Sequence[str]) -> str:
    tensor = f'{{"name":"input-0","shape":[1,{len(names)}],"datatype":"FP64","data":[{",".join(values)}]}}'
    return f'{{"id":"request-{number:08}","inputs":[{tensor}]}}'


def _cloudevent(data: str) -> str:
    return f'{{"specversion":"1.0","id":"1","source":"/shop","type":"order",{data}}}'


def _quoted(values: Sequence[str]) -> list[str]:
    return [f'"{value}"' for value in values]


CONTROL = (IgnoreRule("/metadata/record-type", ("control",)),)
FORMS: dict[str, EventForm] = {
    BASE: EventForm(_bare(AT), peer=True),
    WITH_ESCAPES[0]: EventForm(_bare('"city":"Z\\u00fcrich"'), peer=True),
    WITH_ESCAPES[1]: EventForm(_bare('"url":"https:\\/\\/a\\/b\\n\\"c"'), peer=True),
    "text in Japanese": EventForm(_bare('"name":"東京タワーの夜景"'), peer=True),
    "the same, escaped": EventForm(_bare('"name":"\\u6771\\u4eac\\u30bf\\u30ef"'), peer=True),
    "an id with ü and \\/": EventForm(_with_id("z\\u00fc\\/"), peer=True),
    "an id with ü, not escaped": EventForm(_with_id("zü"), peer=True),
    "a feature of 32 digits": EventForm(_long, peer=True),
    "float64 with 17 digits": EventForm(_doubles, peer=True),
    "65 unused members, 1.4 KB": EventForm(_wide(65, '"member#":"value#"'), peer=True),
    "nested, unused, one \\u, 10 KB": EventForm(
        _wide(50, '"o#":{"name":"\\u00fc value of #","list":[1,2.5,{"a":true,"b":null}],"url":"https://example.com/#",'
              '"text":"some text that no feature uses, as pages and logs have, of a hundred bytes or so"}'),
        peer=True,
    ),
    "an integer id, flat": EventForm(
        lambda *event: f"{{{AT},{_flat(*event)}}}", EventFormat("/id", "integer"), ""
    ),
    "no id": EventForm(lambda *event: f"{{{AT},{_flat(*event)}}}", EventFormat(None), ""),
    "features at four paths": EventForm(_paths, path="paths"),
    "numbers as text": EventForm(
        lambda number, names, values: _bare(AT)(number, names, _quoted(values)), accept_text=True
    ),
    "passthrough": EventForm(_bare('"user":"u-12345"'), EventFormat(passthrough=("/user",))),
    COMPACT: EventForm(_bare(AT), prediction=PredictionForm(COMPACT_FORM, partition_key=False)),
    "an ignore rule": EventForm(_bare('"kind":"order"'), EventFormat(ignore=(IgnoreRule("/kind", ("control",)),))),
    "CloudEvents": EventForm(
        lambda *event: _cloudevent(f'"data":{{{_flat(*event)}}}'), EventFormat(unwrap="cloudevents", event_id="/id"), ""
    ),
    "CloudEvents in base64": EventForm(
        lambda *event: _cloudevent(f'"data_base64":"{base64.b64encode(f"{{{_flat(*event)}}}".encode()).decode()}"'),
        EventFormat(unwrap="cloudevents", event_id="/id"), "",
    ),
    "EventBridge": EventForm(
        lambda *event: f'{{"id":"b-1","detail-type":"order","detail":{{{_flat(*event)}}}}}',
        EventFormat("/id", unwrap="eventbridge"), "",
    ),
    "DMS, with an ignore rule": EventForm(
        lambda *event: f'{{"data":{{{_flat(*event)}}},"metadata":{{"record-type":"data","operation":"load"}}}}',
        EventFormat("/data/id", "integer", unwrap="dms", ignore=CONTROL), "",
    ),
    "Debezium": EventForm(
        lambda *event: f'{{"before":null,"after":{{{_flat(*event)}}},"op":"c","ts_ms":1795264867000}}',
        EventFormat("/after/id", "integer", unwrap="debezium"), "",
    ),
    "DynamoDB images": EventForm(_dynamodb, EventFormat("/eventID", unwrap="dynamodb"), ""),
    "SNS, as text in JSON": EventForm(
        lambda *event: f'{{"TopicArn":"arn","MessageId":"m-1","Message":{json.dumps(f"{{{_flat(*event)}}}")}}}',
        EventFormat("/MessageId", unwrap="sns"), "",
    ),
    "CSV": EventForm(lambda number, names, values: ",".join(values), EventFormat(None, format="csv")),
    "vectors": EventForm(lambda number, names, values: f"[{','.join(values)}]", EventFormat(None, format="vector")),
    "Open Inference": EventForm(_tensors, EventFormat("/id", format="open-inference")),
    "several events a record": EventForm(
        lambda *event: f"{{{_id(event[0])},{AT},\"features\":{{{_members(*event[1:])}}}}}",
        EventFormat(events_per_record="many"),
    ),
}  # fmt: skip


def path_of(form: EventForm, number: int, name: str) -> str:
    """The path of the feature of that number."""
    return f"/{'abcd'[number % 4]}/{name}" if form.path == "paths" else f"{form.path}/{name}"


def manifest_of(base: Manifest, form: EventForm, name: str) -> Manifest:
    """The manifest of the same model under another name, for events of a form."""
    features = tuple(
        replace(feature, path=path_of(form, number, feature.name), accept_text=form.accept_text)
        for number, feature in enumerate(base.features)
    )
    return replace(base, name=name, event=form.event, features=features, prediction=form.prediction)


def peer(name: str) -> str:
    """How figures name a handler made of msgspec on events of that form."""
    return f"{name}: msgspec"


def bytes_of(form: EventForm) -> int:
    """About the size of an event of a form."""
    names = [f"f{number:02}" for number in range(20)]
    return len(form.write(1, names, ["-0.123456"] * len(names)).encode())
