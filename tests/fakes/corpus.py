"""Events as producers of all kinds send them, with the manifest that reads each kind: all of them are valid."""

import base64
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from model_store.event_format import EventFormat, IgnoreRule
from model_store.feature import Feature

NAMES = ("Müller & Söhne", "Łódź", "東京タワー", "नमस्ते", "Zürich / HB", 'Café "Zoë"', "🚲 Fahrrad\n", "C:\\temp")


class Kind(NamedTuple):
    """events : makes the bytes of a record of that number."""

    features: tuple[Feature, ...]
    events: Callable[[Random, int], bytes]
    form: EventFormat = EventFormat()


def _floats(names: Iterator[str] | list[str], path: str, **rules: Any) -> tuple[Feature, ...]:
    return tuple(Feature(name, "float", f"{path}/{name}", **rules) for name in names)


def _card(random: Random, number: int) -> bytes:
    values = {f"V{i}": random.gauss(0, 1) for i in range(1, 29)}
    event = {"event_id": f"tx-{number}", "Time": number * 1.0, **values, "Amount": round(random.expovariate(0.01), 2)}
    return json.dumps(event | {"merchant": random.choice(NAMES), "mcc": "5411"}).encode()


def _clicks(random: Random, number: int) -> bytes:
    event = {
        "event_id": f"{number}/é",
        "page": {"url": f"https://example.com/{random.choice(NAMES)}?q=1", "title": random.choice(NAMES)},
        "session": {
            "pages": random.randint(1, 40),
            "seconds": random.random() * 600,
            "returning": random.random() < 0.5,
        },
        "device": {"kind": random.choice(("mobile", "täblet")), "agent": "Mozilla/5.0 (X11; Linux) \\o/"},
        "context": {f"utm_{i}": random.choice(NAMES) for i in range(70)},
    }
    return json.dumps(event, ensure_ascii=number % 2 == 0).replace("/", "\\/" if number % 3 else "/").encode()


def _sensors(random: Random, number: int) -> bytes:
    readings = ",".join(f'{{"value":{random.uniform(-40, 120):.22f},"unit":"\\u00b0C"}}' for _ in range(3))
    return (
        f'{{"id": {number}, "device": {{"serial": "00{number}", "firmware": "1.{number}"}},\n'
        f' "readings": [{readings}], "battery": "{random.random():.3f}", "alarm": {random.randint(0, 1)},'
        f' "at": {10**22 + number}, "raw": {[[random.random()] * 3] * 4}}}'
    ).encode()


def _floats64(random: Random, number: int) -> bytes:
    def double() -> float:
        return random.choice((random.random(), random.gauss(0, 1e6), random.random() * 10 ** random.randint(-300, 30)))

    return json.dumps({"event_id": f"n-{number}", "features": {f"x{i}": double() for i in range(10)}}).encode()


def _languages(random: Random, number: int) -> bytes:
    event = {"event_id": random.choice(NAMES), "features": {"Größe": 1.5 * number, "Ort": random.choice(NAMES[:4])}}
    event |= {f"текст {i}": random.choice(NAMES) * 3 for i in range(9)}
    return json.dumps(event, ensure_ascii=number % 2 == 0).encode()


def _row(random: Random, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "amount": round(random.uniform(0, 500), 2),
        "items": random.randint(1, 9),
        "note": random.choice(NAMES),
    }


def _cloudevents(random: Random, number: int) -> bytes:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"c-{number}",
        "source": "/shop/é",
        "type": "com.example.order",
    }
    row = _row(random, number)
    if number % 2:
        return json.dumps(event | {"data": row}).encode()
    return json.dumps(event | {"data_base64": base64.b64encode(json.dumps(row).encode()).decode()}).encode()


def _eventbridge(random: Random, number: int) -> bytes:
    event = {"version": "0", "id": f"b-{number}", "detail-type": "order / placed", "source": "shop", "resources": []}
    return json.dumps(event | {"detail": _row(random, number)}).encode()


def _dms(random: Random, number: int) -> bytes:
    metadata = {
        "timestamp": "2026-11-21T12:41:07.250000Z",
        "record-type": "data",
        "operation": "load",
        "table-name": "x",
    }
    if number % 10 == 9:
        return json.dumps({"metadata": metadata | {"record-type": "control", "operation": "create-table"}}).encode()
    return json.dumps({"data": _row(random, number), "metadata": metadata}, indent="\t").encode()


def _debezium(random: Random, number: int) -> bytes:
    change = {
        "before": None,
        "after": _row(random, number),
        "source": {"connector": "postgresql", "lsn": 10**12},
        "op": "c",
    }
    return json.dumps(
        {"schema": {"type": "struct", "fields": [{}] * 9}, "payload": change} if number % 2 else change
    ).encode()


def _dynamodb(random: Random, number: int) -> bytes:
    row = _row(random, number)
    image = {"id": {"N": str(number)}, "amount": {"N": str(row["amount"])}, "items": {"N": str(row["items"])}}
    image |= {"note": {"S": row["note"]}, "tags": {"SS": ["a", "é"]}, "more": {"M": {"a": {"L": [{"NULL": True}]}}}}
    change = {"eventID": f"d-{number}", "dynamodb": {"Keys": {"id": image["id"]}, "NewImage": image, "SizeBytes": 99}}
    return json.dumps(change if number % 2 else image | {"eventID": {"S": f"d-{number}"}}).encode()


def _sns(random: Random, number: int) -> bytes:
    body = {
        "Type": "Notification",
        "MessageId": f"m-{number}",
        "TopicArn": "arn:aws:sns:eu-central-1:1:orders",
        "Timestamp": "2026-11-21T12:41:07.250Z",
    }
    return json.dumps(body | {"Message": json.dumps(_row(random, number), ensure_ascii=False)}).encode()


def _csv(random: Random, number: int) -> bytes:
    return f'{random.random()!r},{random.randint(1, 9)},"Zürich, ""HB""",{number % 2}\r\n'.encode()


def _vector(random: Random, number: int) -> bytes:
    return json.dumps([random.random(), random.randint(1, 9), 'Zürich, "HB"', number % 2 == 0]).encode()


def _request(random: Random, number: int) -> bytes:
    tensors = [("amount", "FP64", [random.random()]), ("items", "INT64", [number]), ("city", "BYTES", ['Zürich, "HB"'])]
    inputs = [{"name": name, "shape": [1, 1], "datatype": type_, "data": [data]} for name, type_, data in tensors]
    return json.dumps({"id": f"r-{number}", "parameters": {"user": random.choice(NAMES)}, "inputs": inputs}).encode()


def _requests(random: Random, number: int) -> bytes:
    """Several events: a tensor for each feature, in the shapes that clients write."""
    rows = 1 + number % 5
    columns = {"amount": [random.random() for _ in range(rows)], "city": ["x"] * rows, "items": list(range(rows))}
    inputs = [
        {"name": name, "shape": [rows, 1] if number % 2 else [rows], "datatype": "X", "data": data}
        for name, data in columns.items()
    ]
    inputs[0]["data"] = [[value] for value in columns["amount"]]
    if number % 3 == 0:
        rows_of = [[random.random(), 1.0, "x"] for _ in range(rows)]
        inputs = [{"name": "input-0", "shape": [rows, 3], "datatype": "X", "data": rows_of}]
    return json.dumps({"inputs": inputs, "id": f"é-{number}"}).encode()


def _lines(random: Random, number: int) -> bytes:
    return b"\n".join(_eventbridge(random, 10 * number + i) for i in range(4)) + b"\r\n"


def _array(random: Random, number: int) -> bytes:
    return b"[" + b" , ".join(_eventbridge(random, 10 * number + i) for i in range(3)) + b"]"


ROW = _floats(["amount", "items"], "")
CLICKS = (
    Feature("pages", "int", "/session/pages", allow_missing=False),
    Feature("seconds", "float", "/session/seconds", missing_values=(-1,)),
    Feature("returning", "bool", "/session/returning"),
    Feature("device", "category", "/device/kind", categories=("mobile", "täblet")),
    Feature("campaign", "category", "/context/utm_3", categories=NAMES[:3], unknown_category="missing"),
)
SENSORS = (
    Feature("first", "float", "/readings/0/value"),
    Feature("last", "float", "/readings/2/value"),
    Feature("battery", "float", "/battery", accept_text=True),
    Feature("alarm", "bool", "/alarm", accept_text=True),
    Feature("firmware", "category", "/device/firmware", categories=("1.0", "1.1"), unknown_category="missing"),
)
COLUMNS = (
    Feature("amount", "float"),
    Feature("items", "int"),
    Feature("city", "category", categories=('Zürich, "HB"', "x")),
    Feature("member", "bool"),
)
PASSED = ("/detail/note", "/resources", "/detail/amount")

KINDS = {
    "credit cards": Kind(_floats([*(f"V{i}" for i in range(1, 29)), "Amount", "Time"], ""), _card),
    "clickstream": Kind(CLICKS, _clicks, EventFormat(passthrough=("/page/title", "/session"))),
    "sensors": Kind(SENSORS, _sensors, EventFormat("/id", "integer")),
    "random doubles": Kind(_floats([f"x{i}" for i in range(10)], "/features"), _floats64),
    "other languages": Kind(
        (Feature("Größe", "float", "/features/Größe"), Feature("Ort", "category", "/features/Ort", categories=NAMES)),
        _languages,
    ),
    "CloudEvents": Kind(ROW, _cloudevents, EventFormat("/id", unwrap="cloudevents", passthrough=("/data/note",))),
    "EventBridge": Kind(ROW, _eventbridge, EventFormat("/id", unwrap="eventbridge", passthrough=PASSED)),
    "DMS": Kind(
        ROW,
        _dms,
        EventFormat("/data/id", "integer", unwrap="dms", ignore=(IgnoreRule("/metadata/record-type", ("control",)),)),
    ),
    "Debezium": Kind(ROW, _debezium, EventFormat(None, unwrap="debezium")),
    "DynamoDB images": Kind(ROW, _dynamodb, EventFormat("/eventID", unwrap="dynamodb")),
    "SNS": Kind(ROW, _sns, EventFormat("/MessageId", unwrap="sns", passthrough=("/Message/note",))),
    "CSV": Kind(COLUMNS, _csv, EventFormat(None, format="csv")),
    "vectors": Kind(COLUMNS, _vector, EventFormat(None, format="vector")),
    "Open Inference": Kind(
        COLUMNS[:3], _request, EventFormat("/id", format="open-inference", passthrough=("/parameters/user",))
    ),
    "JSON lines": Kind(ROW, _lines, EventFormat("/id", unwrap="eventbridge", events_per_record="many")),
    "arrays": Kind(ROW, _array, EventFormat("/id", unwrap="eventbridge", events_per_record="many", passthrough=PASSED)),
    "Open Inference, several": Kind(
        COLUMNS[:3], _requests, EventFormat("/id", format="open-inference", events_per_record="many")
    ),
}
