"""Forms of events at random, as manifests may ask for them, and events of each form, most of which are sound."""

import base64
import csv
import io
import json
from copy import replace
from random import Random
from typing import Any

from model_store.event_format import EventFormat, IgnoreRule
from model_store.feature import Feature
from records import json_pointer
from tests.fuzz.native.schemas import JUNK, NUMBERS, PLAIN

STEPS = ("a", "b", "é", "0", "1", "x/y", 'q"')
CATEGORIES = (
    "ads",
    "3",
    "3.0",
    "-0",
    "1e3",
    "007",
    "true",
    "False",
    "é",
    "",
    "9007199254740993",
    "0.1",
    "+5",
    ".5",
    "5.",
)
TEXTS = (
    *CATEGORIES,
    "1",
    "0",
    "TRUE",
    "1.0",
    "10e2",
    "1000",
    " 1",
    "1_0",
    "nan",
    "-1.5e-3",
    "0x1",
    "1e999",
    "+-1",
    "ü\n",
)
LONG = (
    "0.1000000000000000055511151231257827021181583404541015625",
    "123456789012345678901234567890",
    "1e-320",
    "2" * 39,
)
WORDS = ("true", "false", "null")
UNWRAP = ("none", "none", "none", "cloudevents", "eventbridge", "dms", "debezium", "dynamodb", "sns")


def pick[T](random: Random, *values: T) -> T:
    return random.choice(values)


def path(random: Random, most: int = 3) -> str:
    return json_pointer.write(random.choice(STEPS) for _ in range(random.randint(1, most)))


def features(random: Random, *, flat: bool) -> list[Feature]:
    """Some features of all kinds, with each tolerance."""
    parent = "" if flat else pick(random, "", "/features", "/a", "/a/0")
    spread = not flat and random.random() < 0.4
    names = dict.fromkeys(random.choice(PLAIN + STEPS) for _ in range(random.randint(1, 6)))
    return [_feature(random, name, path(random) if spread else parent + json_pointer.write((name,))) for name in names]


def _feature(random: Random, name: str, where: str) -> Feature:
    kind, missing = pick(random, "float", "int", "bool", "category"), random.random() < 0.8
    category = kind == "category"
    categories = tuple(dict.fromkeys(random.choices(CATEGORIES, k=4))) if category else ()
    values: tuple[Any, ...] = ()
    if random.random() < 0.3:
        values = {
            "category": (random.choice(CATEGORIES), "none"),
            "bool": (random.random() < 0.5,),
        }.get(kind, (-999, 0.1, 1000))
        values = tuple(dict.fromkeys(values))
    unknown = pick(random, "refuse", "missing") if missing else "refuse"
    return Feature(name, kind, where, missing, values, categories, unknown, random.random() < 0.5)


def event_format(random: Random) -> EventFormat:
    draw = random.random()
    if draw < 0.15:
        return EventFormat(None, format=pick(random, "csv", "vector"))
    id_path, id_type = pick(random, ("/id", "string"), ("/id", "integer"), (None, "string"), ("/meta/id", "string"))
    rules = tuple(IgnoreRule(path(random, 2), _equals(random)) for _ in range(pick(random, 0, 0, 1, 2)))
    passed = {random.choice(("id", "a", "b", "detail", "data", "0")) for _ in range(pick(random, 0, 0, 1, 2))}
    passthrough = tuple(pick(random, f"/{name}", f"/a/{name}", f"/dynamodb/{name}") for name in sorted(passed))
    form = "open-inference" if draw < 0.3 else "json"
    unwrap = random.choice(UNWRAP) if form == "json" else "none"
    return EventFormat(id_path, id_type, form, unwrap=unwrap, ignore=rules, passthrough=passthrough)


def _equals(random: Random) -> tuple[Any, ...]:
    return tuple(random.sample(("ads", "x", 1, 1.5, True, None, 10**20, 1e20, "é", 0, -1), k=random.randint(1, 3)))


def literal(random: Random, feature: Feature) -> str:
    """The JSON text of a value that the feature may have, or of another one."""
    draw = random.random()
    if draw < 0.05:
        return random.choice((*NUMBERS, *LONG, *WORDS, "[]", '{"x":1}', *map(json.dumps, TEXTS)))
    if draw < 0.15 and feature.allow_missing:
        return "null"
    if feature.type == "category":
        text = random.choice(feature.categories)
        return (
            text
            if draw < 0.4 and _is_number(text)
            else text.lower()
            if draw < 0.5 and text in ("true", "False")
            else json.dumps(text)
        )
    plain = random.choice(WORDS[:2] if feature.type == "bool" else ("3", "-0", "-999", "7.0", "1000", *LONG[:2]))
    if feature.type == "float":
        plain = pick(random, plain, repr(random.gauss(0, 9)), repr(random.random() * 1e-30))
    text = pick(random, plain, "1", "0") if feature.accept_text and feature.type == "bool" else plain
    return json.dumps(text) if feature.accept_text and draw < 0.5 else text


def _is_number(text: str) -> bool:
    try:
        json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return False
    return True


class Text(str):
    """JSON text that is written as it is."""

    __slots__ = ()


def event(random: Random, known: list[Feature], form: EventFormat) -> bytes:
    """The bytes of an event; one in six is damaged."""
    match form.format:
        case "csv":
            text = _line(random, known)
        case "vector":
            values = [literal(random, feature) for feature in known][: None if random.random() < 0.95 else -1]
            text = f"[{','.join(values)}]".encode()
        case "open-inference":
            text = _written(random, _request(random, known) | _around(random, form))
        case _:
            text = _written(random, _wrapped(random, _object(random, known), form))
    if random.random() < 5 / 6:
        return text
    at = random.randint(0, len(text))
    return text[:at] + random.choice(JUNK) + text[at + random.randint(0, 2) :]


def several(random: Random) -> tuple[EventFormat, list[Feature]]:
    """A form with several events in a record. What differs from event to event of a request is not divided in C."""
    form = replace(event_format(random), events_per_record="many")
    return form, features(random, flat=form.format != "json" or form.unwrap != "none")


def record(random: Random, known: list[Feature], form: EventFormat) -> bytes:
    """Some events in one record."""
    events = [event(random, known, form) for _ in range(random.randint(1, 4))]
    if form.format == "open-inference":
        return _rows(random, known, form) if random.random() < 0.7 else events[0]
    if form.format == "csv" or random.random() < 0.5:
        return pick(random, b"\n", b"\r\n", b"\n \n").join(one.replace(b"\n", b" ") for one in events)
    return b" [" + b" , ".join(events) + pick(random, b"]", b"]", b"]", b",]", b"] x")


def _rows(random: Random, known: list[Feature], form: EventFormat) -> bytes:
    rows = random.randint(1, 4)
    inputs = [
        {
            "name": feature.name,
            "datatype": "X",
            "shape": pick(random, [rows], [rows, 1]),
            "data": [Text(literal(random, feature)) for _ in range(rows)],
        }
        for feature in known
    ]
    return _written(random, {"inputs": inputs} | _around(random, form))


def _line(random: Random, known: list[Feature]) -> bytes:
    fields = []
    for feature in known:
        value = _loaded(literal(random, feature))
        fields.append("" if value is None else value if isinstance(value, str) else json.dumps(value))
    out = io.StringIO()
    csv.writer(out, quoting=pick(random, csv.QUOTE_MINIMAL, csv.QUOTE_ALL)).writerow(fields)
    return (out.getvalue().rstrip("\r\n") + pick(random, "", "\n", "\r\n", "\n\n", "\r\r\n")).encode()


def _loaded(text: str) -> Any:
    """A literal's value, numbers as their text; what is no JSON as text."""
    try:
        return json.loads(text, parse_int=Text, parse_float=Text)
    except ValueError:
        return text


def _object(random: Random, known: list[Feature]) -> dict[str, Any]:
    top: dict[str, Any] = {}
    for feature in sorted(known, key=lambda _: random.random() < 0.3):
        if random.random() < 0.95 or not feature.allow_missing:
            _put(top, feature.tokens, Text(literal(random, feature)))
    for _ in range(pick(random, 0, 0, 1, 3)):
        _put(
            top,
            json_pointer.parse(path(random)),
            Text(pick(random, *NUMBERS[:12], *LONG, *WORDS, '"\\u00e9\\/"', "[1]")),
        )
    return _with_arrays(random, top) if random.random() < 0.2 else top


def _put(top: Any, tokens: tuple[str, ...], value: Any) -> None:
    for token in tokens[:-1]:
        top = top.setdefault(token, {})
        if not isinstance(top, dict):
            return
    top.setdefault(tokens[-1], value)


def _with_arrays(random: Random, value: Any, depth: int = 0) -> Any:
    """Objects whose members count become arrays."""
    if not isinstance(value, dict):
        return value
    inner = {name: _with_arrays(random, one, depth + 1) for name, one in value.items()}
    if depth and inner and set(inner) <= {"0", "1"}:
        return [inner.get("0"), *([inner["1"]] if "1" in inner else [])]
    return inner


def _around(random: Random, form: EventFormat) -> dict[str, Any]:
    """Members for the id, the rules and what passes through."""
    found: dict[str, Any] = {}
    for rule in form.ignore:
        if random.random() < 0.5:
            _put(found, json_pointer.parse(rule.path), random.choice((*rule.equals, 1.0, 5, ["x"])))
    if form.event_id and random.random() < 0.97:
        text = random.choice(("e-1", "é", 'a"\\/\n', "\ud800", "😀", "\x7f", ""))
        number = random.choice((1, 0, -5, 10**25))
        right = form.event_id_type == "string"
        _put(found, json_pointer.parse(form.event_id), text if right == (random.random() < 0.97) else number)
    for name in form.passthrough:
        value = random.choice(
            (1, -0.0, 1.5, 1e-7, 1e22, 5e-324, "ü\n", [1, {"a": [], "b": {}}], None, True, Text("1e2"), "x" * 500)
        )
        if random.random() < 0.8:
            _put(found, json_pointer.parse(name), value)
    return found


def _wrapped(random: Random, event: dict[str, Any], form: EventFormat) -> dict[str, Any]:
    around = _around(random, form)
    broken = random.random() < 0.03
    match form.unwrap:
        case "none":
            return _merged(event, around)
        case "cloudevents" if random.random() < 0.5:
            encoded = base64.b64encode(_written(random, event)).decode()
            return {"specversion": 1 if broken else "1.0", "data_base64": encoded} | around
        case "cloudevents":
            return {"specversion": "1.0", "data": [] if broken else event} | around
        case "eventbridge":
            return {"detail-type": 1 if broken else "t", "detail": event} | around
        case "dms":
            return {"metadata": [] if broken else {"operation": "load"}, "data": event} | around
        case "debezium":
            change = {"op": 1 if broken else "c", "before": None, "after": event}
            return (change if random.random() < 0.5 else {"payload": change}) | around
        case "sns":
            return {"TopicArn": "arn", "Message": 1 if broken else _written(random, event).decode()} | around
    image = {
        name: _typed(random, value) for name, value in _merged(event, around if random.random() < 0.5 else {}).items()
    }
    if broken:
        image["broken"] = {"N": "1_0"}
    return image if random.random() < 0.5 else {"dynamodb": {"NewImage": image, "Keys": {}}} | around


def _merged(event: dict[str, Any], around: dict[str, Any]) -> dict[str, Any]:
    merged = dict(event)
    for name, value in around.items():
        inner = merged.get(name)
        merged[name] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _typed(random: Random, value: Any) -> dict[str, Any]:
    """A value with DynamoDB's types."""
    if isinstance(value, Text):
        value = _loaded(value)
    if isinstance(value, Text) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return {"N": str(value)}
    if value is None or isinstance(value, bool):
        return {"NULL": True} if value is None else {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            return {"NS" if isinstance(value[0], Text) else "SS": list(map(str, value))}
        return {"L": [_typed(random, one) for one in value]}
    return {"M": {name: _typed(random, one) for name, one in value.items()}}


def _request(random: Random, known: list[Feature]) -> dict[str, Any]:
    values = [Text(literal(random, feature)) for feature in known]
    if random.random() < 0.3:
        width = len(values)
        data = pick(random, values, [values])
        return {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, width], "data": data}]}
    tensors = [
        {
            "name": feature.name,
            "datatype": "BYTES",
            "shape": pick(random, [1], [1, 1], [1, 1, 1]),
            "data": pick(random, [value], [[value]]),
        }
        for feature, value in zip(known, values, strict=True)
        if random.random() < 0.95
    ]
    if random.random() < 0.2:
        tensors.append({"name": "other", "datatype": "X", "shape": pick(random, [1, 2], [2]), "data": [1, {"a": []}]})
    return {"inputs": tensors}


def _written(random: Random, value: Any) -> bytes:
    """JSON, with escapes of all kinds in names and texts, as producers of all kinds write it."""
    ascii_only, slashes, blanks = random.random() < 0.5, random.random() < 0.3, random.random() < 0.3

    def text(string: str) -> str:
        surrogates = any("\ud800" <= character <= "\udfff" for character in string)
        written = json.dumps(string, ensure_ascii=ascii_only or surrogates)
        return written.replace("/", "\\/") if slashes else written

    def write(one: Any) -> str:
        comma, colon = (" ,\r\n", "\t: ") if blanks else (",", ":")
        if isinstance(one, Text):
            return str(one)
        if isinstance(one, str):
            return text(one)
        if isinstance(one, list):
            return f"[{comma.join(map(write, one))}]"
        if isinstance(one, dict):
            return "{" + comma.join(f"{text(name)}{colon}{write(inner)}" for name, inner in one.items()) + "}"
        return json.dumps(one)

    return write(value).encode()
