"""Events as people send them, through the whole pipeline: each form that a manifest may ask for."""

import base64
import gzip
import json
from typing import Any

import pytest

from model_store.event_format import EventFormat, IgnoreRule
from model_store.feature import members_of
from records.faults import Code
from sources import redrive
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer

pytestmark = pytest.mark.usefixtures("each_engine")

FEATURES = envelopes.event(7)["features"]
VALUES = list(FEATURES.values())
FLAT = {"id": 42, **FEATURES}


def scorer(event: EventFormat, parent: str = "/features", **changes: Any) -> FakeScorer:
    features = members_of(parent, artifacts.FEATURES)
    return FakeScorer(artifacts.artifact(event=event, **{"features": features} | changes))


def plain_score() -> float:
    """The score of the same features in a plain event."""
    plain = FakeScorer(artifacts.artifact())
    plain.run(envelopes.kinesis(envelopes.event(7)))
    score: float = plain.predictions[0]["score"]
    return score


def run(scorer: FakeScorer, *payloads: bytes | dict[str, Any]) -> Any:
    response, report = scorer.run(envelopes.kinesis(*payloads))
    assert response == {"batchItemFailures": []}
    assert report.records == report.predictions + report.quarantined.total() + report.failed + report.ignored
    return report


def faults(scorer: FakeScorer) -> list[tuple[str, str]]:
    return [(entry["code"], entry["path"]) for entry in scorer.quarantined]


def test_an_event_without_an_id_is_known_by_its_position() -> None:
    without = scorer(EventFormat(None))
    run(without, {"features": FEATURES})
    (prediction,) = without.predictions
    assert "event_id" not in prediction
    assert (len(prediction["prediction_id"]), prediction["score"]) == (64, plain_score())


def test_an_id_may_be_an_integer() -> None:
    integer = scorer(EventFormat("/id", "integer"), "")
    run(integer, FLAT, FLAT | {"id": 10**30}, FLAT | {"id": "42"})
    assert [one["event_id"] for one in integer.predictions] == [42, 10**30]
    assert faults(integer) == [(Code.WRONG_TYPE, "/id")]


TYPED = {
    "pages": {"N": "10"}, "spend": {"N": "12.5"}, "returning": {"BOOL": True}, "device": {"S": "mobile"},
    "referrer": {"S": "ads"}, "last": {"NULL": True}, "more": {"M": {"a": {"L": [{"NS": ["1", "2.5"]}]}}},
}  # fmt: skip
CLOUDEVENT = {"specversion": "1.0", "id": "c-1", "source": "/shop", "type": "session"}
TEXT = json.dumps(FEATURES)
ENVELOPES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "cloudevents": ("cloudevents", CLOUDEVENT | {"data": FEATURES}, "/id", "c-1"),
    "cloudevents in base64": (
        "cloudevents",
        CLOUDEVENT | {"data_base64": base64.b64encode(json.dumps(FEATURES | {"user": "u-1"}).encode()).decode()},
        "/data/user",
        "u-1",
    ),
    "eventbridge": ("eventbridge", {"id": "b-1", "detail-type": "session", "detail": FEATURES}, "/id", "b-1"),
    "dms": ("dms", {"data": FLAT | {"key": "k"}, "metadata": {"record-type": "data"}}, "/data/key", "k"),
    "debezium": ("debezium", {"before": None, "after": FEATURES | {"key": "k"}, "op": "c"}, "/after/key", "k"),
    "debezium with schema": (
        "debezium",
        {"schema": {}, "payload": {"after": FEATURES | {"key": "k"}, "op": "u"}},
        "/payload/after/key",
        "k",
    ),
    "dynamodb change": ("dynamodb", {"eventID": "d-1", "dynamodb": {"NewImage": TYPED}}, "/eventID", "d-1"),
    "dynamodb image": ("dynamodb", TYPED | {"key": {"S": "k"}}, "/key", "k"),
    "sns": ("sns", {"TopicArn": "arn", "MessageId": "m-1", "Message": TEXT}, "/MessageId", "m-1"),
}


@pytest.mark.parametrize(("unwrap", "sent", "path", "event_id"), ENVELOPES.values(), ids=ENVELOPES.keys())
def test_an_event_is_unwrapped(unwrap: str, sent: dict[str, Any], path: str, event_id: str) -> None:
    wrapped = scorer(EventFormat(path, unwrap=unwrap), "")
    run(wrapped, sent)
    assert [(one["event_id"], one["score"]) for one in wrapped.predictions] == [(event_id, plain_score())]


NO_ENVELOPE: dict[str, tuple[str, dict[str, Any], Code, str]] = {
    "no cloudevent": ("cloudevents", FLAT, Code.INVALID_ENVELOPE, "/specversion"),
    "cloudevent without data": ("cloudevents", CLOUDEVENT, Code.INVALID_ENVELOPE, "/data"),
    "cloudevent with text": ("cloudevents", CLOUDEVENT | {"data": TEXT}, Code.INVALID_ENVELOPE, "/data"),
    "no base64": ("cloudevents", CLOUDEVENT | {"data_base64": "?"}, Code.INVALID_ENVELOPE, "/data_base64"),
    "base64 of no JSON": (
        "cloudevents",
        CLOUDEVENT | {"data_base64": "e30="[:2] + "=="},
        Code.INVALID_JSON,
        "/data_base64",
    ),
    "no eventbridge": ("eventbridge", FLAT, Code.INVALID_ENVELOPE, "/detail-type"),
    "dms control": ("dms", {"metadata": {"record-type": "control"}}, Code.INVALID_ENVELOPE, "/data"),
    "debezium deletion": ("debezium", {"op": "d", "after": None}, Code.INVALID_ENVELOPE, "/after"),
    "debezium without op": ("debezium", {"payload": {"after": {}}}, Code.INVALID_ENVELOPE, "/payload/op"),
    "dynamodb removal": ("dynamodb", {"dynamodb": {"Keys": {}}}, Code.INVALID_ENVELOPE, "/dynamodb/NewImage"),
    "dynamodb without types": (
        "dynamodb",
        {"dynamodb": {"NewImage": FLAT}},
        Code.INVALID_ENVELOPE,
        "/dynamodb/NewImage",
    ),
    "dynamodb number": ("dynamodb", TYPED | {"spend": {"N": "1_0"}}, Code.INVALID_ENVELOPE, ""),
    "dynamodb type": ("dynamodb", TYPED | {"spend": {"X": "1"}}, Code.INVALID_ENVELOPE, ""),
    "no sns": ("sns", FLAT, Code.INVALID_ENVELOPE, "/TopicArn"),
    "sns of an array": ("sns", {"TopicArn": "a", "Message": "[]"}, Code.NOT_AN_OBJECT, "/Message"),
    "a wrong feature": ("eventbridge", {"detail-type": "s", "detail": FLAT | {"pages": ""}}, Code.WRONG_TYPE, "/pages"),
    "no features": ("eventbridge", {"detail-type": "s", "detail": {"x": 1}}, Code.MISSING_FEATURE, "/pages"),
}


@pytest.mark.parametrize(("unwrap", "sent", "code", "path"), NO_ENVELOPE.values(), ids=NO_ENVELOPE.keys())
def test_what_is_not_in_its_envelope_is_quarantined(unwrap: str, sent: dict[str, Any], code: Code, path: str) -> None:
    wrapped = scorer(EventFormat(None, unwrap=unwrap), "")
    run(wrapped, sent)
    assert faults(wrapped) == [(code, path)]


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(levels):
        value = {"M": {"a": value}}
    return value


def test_a_deeply_nested_image_is_no_image() -> None:
    wrapped = scorer(EventFormat(None, unwrap="dynamodb"), "")
    run(wrapped, TYPED | {"deep": deep(400)})
    assert faults(wrapped) == [(Code.INVALID_ENVELOPE, "")]


def test_records_that_are_no_events_are_ignored_and_counted() -> None:
    rules = (IgnoreRule("/metadata/record-type", ("control",)), IgnoreRule("/metadata/operation", ("delete", None, 1)))
    changes = scorer(EventFormat(None, unwrap="dms", ignore=rules), "")
    control = {"metadata": {"record-type": "control"}}

    def change(operation: Any) -> dict[str, Any]:
        return {"data": FLAT, "metadata": {"record-type": "data", "operation": operation}}

    report = run(changes, control, *map(change, ("load", "delete", None, 1.0, True, ["delete"])), {"data": FLAT})
    assert (report.records, report.predictions, report.ignored) == (8, 3, 4)
    assert faults(changes) == [(Code.INVALID_ENVELOPE, "/metadata")]
    changes.invoke(envelopes.kinesis(control))
    assert changes.told[-1]["IgnoredEvents"] == changes.told[-1]["Events"] == 1


def test_members_pass_through_into_the_prediction() -> None:
    passing = scorer(EventFormat(passthrough=("/user/id", "/tags/0", "/note")))
    run(passing, envelopes.event(7) | {"user": {"id": 10**20}, "tags": ["é", "b"]}, envelopes.event(7))
    first, second = passing.predictions
    assert (first["passthrough"], second["passthrough"]) == ({"id": 10**20, "0": "é"}, {})
    members = list(first)
    assert members.index("passthrough") == members.index("source") - 1
    assert passing.sink.bodies[0].isascii()


@pytest.mark.parametrize(
    ("note", "code", "path"),
    [
        ('"' + "x" * 1_020 + '"', Code.PASSTHROUGH_TOO_LARGE, ""),
        ("1e999", Code.NON_FINITE, "/passthrough"),
        ("[" * 900 + "]" * 900, Code.PASSTHROUGH_TOO_LARGE, ""),
    ],
)
def test_what_cannot_pass_through_quarantines_its_event(note: str, code: Code, path: str) -> None:
    passing = scorer(EventFormat(passthrough=("/note",)))
    text = json.dumps(envelopes.event(7) | {"note": "?"}).replace('"?"', note)
    run(passing, text.encode(), envelopes.event(1))
    assert (faults(passing), len(passing.predictions)) == ([(code, path)], 1)


CSV = b"10,12.5,true,mobile,ads\r\n"


@pytest.mark.parametrize(
    "line", [CSV, b"10,12.5,1,mobile,ads", b'"10",12.50,TRUE,"mobile",ads\n', b"1e1,1.25e1,True,mobile,ads"], ids=str
)
def test_a_line_of_csv_is_an_event(line: bytes) -> None:
    lines = scorer(EventFormat(None, format="csv"))
    run(lines, line)
    assert [one["score"] for one in lines.predictions] == [plain_score()]


def test_an_empty_field_is_missing() -> None:
    lines = scorer(EventFormat(None, format="csv"))
    run(lines, b"10,,,,", b",1,1,,")
    assert (len(lines.predictions), faults(lines)) == (1, [(Code.MISSING_FEATURE, "/0")])


@pytest.mark.parametrize(
    ("line", "code", "path"),
    [
        (b"", Code.WRONG_SHAPE, ""),
        (b"10,12.5,true,mobile", Code.WRONG_SHAPE, ""),
        (CSV + CSV, Code.WRONG_SHAPE, ""),
        (b'10,12.5,true,mobile,"ads', Code.WRONG_SHAPE, ""),
        (b"10,12.5,true,mobile,\xff", Code.INVALID_UTF8, ""),
        (b"10, 12.5,true,mobile,ads", Code.WRONG_TYPE, "/1"),
        (b"10,1e39,true,mobile,ads", Code.NON_FINITE, "/1"),
        (b"10,12.5,true,toaster,ads", Code.UNKNOWN_CATEGORY, "/3"),
    ],
)
def test_another_line_of_csv_is_quarantined(line: bytes, code: Code, path: str) -> None:
    lines = scorer(EventFormat(None, format="csv"))
    run(lines, line)
    assert faults(lines) == [(code, path)]


def test_a_vector_is_an_event() -> None:
    vectors = scorer(EventFormat(None, format="vector"))
    run(vectors, json.dumps(VALUES).encode(), json.dumps([10, None, None, None, None]).encode())
    assert vectors.predictions[0]["score"] == plain_score()
    assert len(vectors.predictions) == 2


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        (b"{}", Code.WRONG_SHAPE, ""),
        (b"[]", Code.WRONG_SHAPE, ""),
        (json.dumps([*VALUES, 1]).encode(), Code.WRONG_SHAPE, ""),
        (json.dumps([VALUES]).encode(), Code.WRONG_SHAPE, ""),
        (b"[1", Code.INVALID_JSON, ""),
        (json.dumps(["10", *VALUES[1:]]).encode(), Code.WRONG_TYPE, "/0"),
    ],
)
def test_another_vector_is_quarantined(payload: bytes, code: Code, path: str) -> None:
    vectors = scorer(EventFormat(None, format="vector"))
    run(vectors, payload)
    assert faults(vectors) == [(code, path)]


def tensor(name: str, shape: list[int], data: list[Any], datatype: str = "FP32") -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def request(rows: int, **changes: Any) -> dict[str, Any]:
    tensors = [tensor(name, [rows, 1], [[value]] * rows) for name, value in FEATURES.items()]
    return {"id": "r-1", "inputs": tensors} | changes


def test_an_open_inference_request_is_an_event() -> None:
    requests = scorer(EventFormat("/id", format="open-inference", passthrough=("/parameters/user",)))
    whole = {"id": "r-2", "parameters": {"user": 1}, "inputs": [tensor("input-0", [1, 5], VALUES)]}
    run(requests, request(1), whole)
    found = [(one["event_id"], one["score"], one["passthrough"]) for one in requests.predictions]
    assert found == [("r-1", plain_score(), {}), ("r-2", plain_score(), {"user": 1})]


@pytest.mark.parametrize(
    ("sent", "code", "path"),
    [
        ({}, Code.WRONG_SHAPE, "/inputs"),
        ({"inputs": [1]}, Code.WRONG_SHAPE, "/inputs/0"),
        (request(2), Code.WRONG_SHAPE, "/inputs"),
        ({"inputs": [tensor("pages", [1], [1, 2])]}, Code.WRONG_SHAPE, "/inputs/0/shape"),
        ({"inputs": [tensor("pages", [1, 2], [1, 2])]}, Code.WRONG_SHAPE, "/inputs/0/shape"),
        ({"inputs": [tensor("pages", [-1, -1], [1])]}, Code.WRONG_SHAPE, "/inputs/0/shape"),
        ({"inputs": [tensor("pages", [0], [])]}, Code.WRONG_SHAPE, "/inputs"),
        ({"inputs": [tensor("pages", [1], [1])] * 2}, Code.WRONG_SHAPE, "/inputs"),
        ({"inputs": [tensor("x", [1], [1])]}, Code.NO_FEATURES, "/inputs"),
        ({"inputs": [tensor("pages", [1], ["10"])]}, Code.WRONG_TYPE, "/inputs/0/data/0"),
        ({"inputs": [tensor("spend", [1], [1])]}, Code.MISSING_FEATURE, "/inputs"),
    ],
)
def test_another_request_is_quarantined(sent: dict[str, Any], code: Code, path: str) -> None:
    requests = scorer(EventFormat(None, format="open-inference"))
    run(requests, sent)
    assert faults(requests) == [(code, path)]


GOOD, BAD = json.dumps(envelopes.event(7)).encode(), b'{"event_id": "bad"}'
SEVERAL = {
    "lines": ("json", GOOD + b"\n\n" + BAD + b"\r\n" + GOOD, BAD),
    "array": ("json", b" [" + GOOD + b" , " + BAD + b"," + GOOD + b"]\n", BAD),
    "vectors": ("vector", json.dumps([VALUES, [], VALUES]).encode(), b"[]"),
    "lines of vectors": (
        "vector",
        b"\n".join([json.dumps(VALUES).encode(), b"[1]", json.dumps(VALUES).encode()]),
        b"[1]",
    ),
    "csv": ("csv", CSV + b"x\n" + CSV, b"x"),
}


@pytest.mark.parametrize(("format", "payload", "bad"), SEVERAL.values(), ids=SEVERAL.keys())
def test_each_of_several_events_is_on_its_own(format: str, payload: bytes, bad: bytes) -> None:
    event_id = "/event_id" if format == "json" else None
    several = scorer(EventFormat(event_id, format=format, events_per_record="many"))
    report = run(several, payload)
    assert (report.records, report.predictions) == (3, 2)
    assert [one["source"]["index"] for one in several.predictions] == [0, 2]
    assert [one["score"] for one in several.predictions] == [plain_score()] * 2
    (entry,) = several.quarantined
    assert (entry["source"]["index"], base64.b64decode(entry["data"])) == (1, bad)
    assert len({one["prediction_id"] for one in [*several.predictions, entry]}) == 3


def test_the_only_event_of_a_record_that_may_hold_several_has_an_index() -> None:
    several = scorer(EventFormat(events_per_record="many"))
    run(several, GOOD)
    assert several.predictions[0]["source"]["index"] == 0


def test_the_events_of_a_request_are_rows() -> None:
    several = scorer(EventFormat("/id", format="open-inference", events_per_record="many"))
    matrix = {"id": "r-2", "inputs": [tensor("x", [2, 5], [*VALUES, "10", *VALUES[1:]])]}
    run(several, request(3), matrix)
    assert [one["score"] for one in several.predictions] == [plain_score()] * 4
    (entry,) = several.quarantined
    assert (entry["code"], entry["path"], entry["source"]["index"]) == (Code.WRONG_TYPE, "/inputs/0/data/0", 1)
    assert json.loads(base64.b64decode(entry["data"]))["inputs"] == [tensor("x", [1, 5], ["10", *VALUES[1:]])]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", Code.WRONG_SHAPE),
        (b" \n", Code.WRONG_SHAPE),
        (b"[]", Code.WRONG_SHAPE),
        (b"[" + GOOD, Code.INVALID_JSON),
        (b"[" + GOOD + b",]", Code.INVALID_JSON),
        (b"[" + GOOD + b" " + GOOD + b"]", Code.INVALID_JSON),
        (b"[" + GOOD + b"] x", Code.INVALID_JSON),
        (b"[" + b"[" * 100_000, Code.INVALID_JSON),
        (b'["\xff"]', Code.INVALID_UTF8),
    ],
)
def test_a_record_that_holds_no_events_is_quarantined_whole(payload: bytes, code: Code) -> None:
    several = scorer(EventFormat(events_per_record="many"))
    run(several, payload)
    (entry,) = several.quarantined
    assert (entry["code"], base64.b64decode(entry["data"])) == (code, payload)
    assert "index" not in entry["source"]


def test_an_event_of_a_compressed_record_comes_back_from_quarantine_by_itself() -> None:
    event = EventFormat(events_per_record="many", max_inflated=10_000)
    several = scorer(event)
    run(several, gzip.compress(GOOD + b"\n" + BAD))
    (entry,) = several.quarantined
    again = {"Records": [redrive.enveloped(entry["source"], entry["partition_key"], entry["data"])]}
    several.run(again)
    assert [one["prediction_id"] for one in several.quarantined] == [entry["prediction_id"]]


def test_a_record_is_inflated_up_to_a_cap() -> None:
    inflated = scorer(EventFormat(max_inflated=len(GOOD)))
    two = gzip.compress(GOOD[:20]) + gzip.compress(GOOD[20:])
    run(inflated, gzip.compress(GOOD), two, gzip.compress(GOOD + b" "), gzip.compress(bytes(10_000_000)))
    assert [one["score"] for one in inflated.predictions] == [plain_score()] * 2
    assert faults(inflated) == [(Code.INVALID_GZIP, "")] * 2


@pytest.mark.parametrize(
    "payload",
    [b"", GOOD, gzip.compress(GOOD)[:-1], gzip.compress(GOOD)[:-9] + bytes(9), gzip.compress(GOOD) + b"x"],
    ids=["empty", "not compressed", "cut off", "another checksum", "trailing bytes"],
)
def test_damaged_gzip_is_quarantined(payload: bytes) -> None:
    inflated = scorer(EventFormat(max_inflated=10_000))
    run(inflated, payload)
    assert faults(inflated) == [(Code.INVALID_GZIP, "")]


def test_an_envelope_with_damaged_base64_keeps_its_code() -> None:
    several = scorer(EventFormat(events_per_record="many", max_inflated=10_000))
    several.run(envelopes.kinesis("e30"))
    assert faults(several) == [(Code.INVALID_BASE64, "")]


def test_a_challenger_may_read_another_form() -> None:
    """Each variant reads the events of its keys by its own manifest."""
    champion = artifacts.artifact()
    challenger = artifacts.artifact(version="2", event=EventFormat(None), features=members_of("", artifacts.FEATURES))
    split = FakeScorer(champion, challenger)
    split.store.release_as(champion=champion, challenger=challenger, share=0.5)
    split.run(envelopes.kinesis(*[envelopes.event(7) | FEATURES] * 40))
    variants = {one["model"]["variant"]: "event_id" in one for one in split.predictions}
    assert variants == {"champion": True, "challenger": False}
