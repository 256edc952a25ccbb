"""Every row of the table of bad input, at the first, middle and last place of a batch."""

import base64
import gzip
import json
from copy import replace
from typing import Any, NamedTuple

import pytest

from model_store.event_format import EventFormat
from model_store.feature import members_of
from records.faults import Code
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer

pytestmark = pytest.mark.usefixtures("each_engine")


def good(**features: Any) -> str:
    return json.dumps(envelopes.event(7, **features))


def spend(literal: str) -> bytes:
    """An event with `literal` as it stands where the number `spend` belongs."""
    return good(spend="?").replace('"?"', literal).encode()


def pages(literal: str) -> bytes:
    return good(pages="?").replace('"?"', literal).encode()


def without(member: str) -> bytes:
    event = envelopes.event(7)
    (event if member in event else event["features"]).pop(member)
    return json.dumps(event).encode()


class Bad(NamedTuple):
    """A payload that can never be scored (text: the envelope's base64 itself), its code and the path of the fault."""

    name: str
    payload: bytes | str
    code: Code
    path: str = ""


AGGREGATE = envelopes.aggregate([("alice", good().encode()), ("bob", good().encode())])

BAD = [
    Bad("base64 with a character too many", base64.b64encode(b"{}").decode() + "!", Code.INVALID_BASE64),
    Bad("base64 without padding", "e30", Code.INVALID_BASE64),
    Bad("base64 with a line break", "e3\n0=", Code.INVALID_BASE64),
    Bad("invalid UTF-8", b'{"event_id": "\xff"}', Code.INVALID_UTF8),
    Bad("overlong UTF-8", b'{"event_id": "\xc0\x80"}', Code.INVALID_UTF8),
    Bad("UTF-16", good().encode("utf-16"), Code.INVALID_UTF8),
    Bad("UTF-16 without a mark", good().encode("utf-16-le"), Code.INVALID_JSON),
    Bad("UTF-8 with a mark", good().encode("utf-8-sig"), Code.INVALID_JSON),
    Bad("empty", b"", Code.INVALID_JSON),
    Bad("white space", b" \n", Code.INVALID_JSON),
    Bad("cut off", good().encode()[:-1], Code.INVALID_JSON),
    Bad("trailing bytes", good().encode() + b"x", Code.INVALID_JSON),
    Bad("two objects", good().encode() * 2, Code.INVALID_JSON),
    Bad("single quotes", good().replace('"', "'").encode(), Code.INVALID_JSON),
    Bad("control character", b'{"event_id": "\x00"}', Code.INVALID_JSON),
    Bad("NaN", spend("NaN"), Code.INVALID_JSON),
    Bad("Infinity", spend("Infinity"), Code.INVALID_JSON),
    Bad("-Infinity", spend("-Infinity"), Code.INVALID_JSON),
    Bad("NaN in a member that nobody reads", b'{"other": NaN}', Code.INVALID_JSON),
    Bad("1e999", spend("1e999"), Code.NON_FINITE, "/features/spend"),
    Bad("-1e999", spend("-1e999"), Code.NON_FINITE, "/features/spend"),
    Bad("1e999 for an integer", pages("1e999"), Code.NON_FINITE, "/features/pages"),
    Bad("1e39", spend("1e39"), Code.NON_FINITE, "/features/spend"),
    Bad("1e39 for an integer", pages("1e39"), Code.NON_FINITE, "/features/pages"),
    Bad("an integer of 40 digits", pages("1" * 40), Code.NON_FINITE, "/features/pages"),
    Bad("an integer of 400 digits", spend("1" * 400), Code.NON_FINITE, "/features/spend"),
    Bad("an integer of 5,000 digits", spend("1" * 5_000), Code.NON_FINITE),
    Bad("duplicate key", good().replace("{", '{"event_id": "e-0", ', 1).encode(), Code.DUPLICATE_KEY),
    Bad("duplicate feature", good().replace('"pages"', '"pages": 1, "pages"').encode(), Code.DUPLICATE_KEY),
    Bad("true for a number", spend("true"), Code.WRONG_TYPE, "/features/spend"),
    Bad("true for an integer", pages("true"), Code.WRONG_TYPE, "/features/pages"),
    Bad("1_000 in text", spend('"1_000"'), Code.WRONG_TYPE, "/features/spend"),
    Bad("a space before a number in text", pages('" 1"'), Code.WRONG_TYPE, "/features/pages"),
    Bad("a fraction for an integer", pages("1.5"), Code.WRONG_TYPE, "/features/pages"),
    Bad("1 for a bool", good(returning=1).encode(), Code.WRONG_TYPE, "/features/returning"),
    Bad("a number for a category", good(device=1).encode(), Code.WRONG_TYPE, "/features/device"),
    Bad("an array for a number", good(spend=[1]).encode(), Code.WRONG_TYPE, "/features/spend"),
    Bad("an object for a category", good(device={}).encode(), Code.WRONG_TYPE, "/features/device"),
    Bad("5,000 arrays in each other", spend("[" * 5_000 + "]" * 5_000), Code.INVALID_JSON),
    Bad("100,000 objects in each other", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Code.INVALID_JSON),
    Bad("missing feature", without("pages"), Code.MISSING_FEATURE, "/features/pages"),
    Bad("null feature", good(pages=None).encode(), Code.MISSING_FEATURE, "/features/pages"),
    Bad("missing features", without("features"), Code.MISSING_FEATURE, "/features"),
    Bad("missing event id", without("event_id"), Code.MISSING_EVENT_ID, "/event_id"),
    Bad("event id is a number", good().replace('"e-7"', "7").encode(), Code.WRONG_TYPE, "/event_id"),
    Bad("event id is null", good().replace('"e-7"', "null").encode(), Code.WRONG_TYPE, "/event_id"),
    Bad("features are an array", b'{"event_id": "e-7", "features": []}', Code.WRONG_TYPE, "/features"),
    Bad("unknown category", good(device="toaster").encode(), Code.UNKNOWN_CATEGORY, "/features/device"),
    Bad("category of another case", good(device="Mobile").encode(), Code.UNKNOWN_CATEGORY, "/features/device"),
    Bad("an array", b"[]", Code.NOT_AN_OBJECT),
    Bad("a string", b'"event"', Code.NOT_AN_OBJECT),
    Bad("a number", b"7", Code.NOT_AN_OBJECT),
    Bad("null", b"null", Code.NOT_AN_OBJECT),
    Bad("gzip", gzip.compress(good().encode()), Code.INVALID_UTF8),
    Bad("gzip bomb", gzip.compress(bytes(10_000_000)), Code.INVALID_UTF8),
    Bad("aggregate with a damaged digest", AGGREGATE[:-1] + b"?", Code.INVALID_AGGREGATE),
    Bad("aggregate cut off", AGGREGATE[:-40], Code.INVALID_AGGREGATE),
]

OPTIONAL = members_of("/features", [replace(one, allow_missing=True) for one in artifacts.FEATURES])
GOOD = good().encode()
# Where the manifest asks for another form, or allows all features to be missing: its changes, a good event, a bad one.
FORMS: dict[Code, tuple[dict[str, Any], bytes, bytes]] = {
    Code.NO_FEATURES: ({"features": OPTIONAL}, GOOD, b'{"event_id": "e-7", "features": {"page": 3}}'),
    Code.INVALID_GZIP: ({"event": EventFormat(max_inflated=1_000)}, gzip.compress(GOOD), GOOD),
    Code.INVALID_ENVELOPE: (
        {"event": EventFormat("/id", unwrap="eventbridge")},
        b'{"id": "e", "detail-type": "session", "detail": %s}' % GOOD,
        GOOD.replace(b"event_id", b"id"),
    ),
    Code.WRONG_SHAPE: ({"event": EventFormat(None, format="csv")}, b"10,12.5,true,mobile,ads", b"10,12.5,true,mobile"),
    Code.PASSTHROUGH_TOO_LARGE: (
        {"event": EventFormat(passthrough=("/note",))},
        GOOD,
        GOOD.replace(b"{", b'{"note": "%s", ' % (b"x" * 2_000), 1),
    ),
}

SCORED = {
    "lone surrogate": good(note="\ud800").encode(),
    "missing value where it is allowed": without("spend"),
    "null where it is allowed": good(spend=None, returning=None, device=None, referrer=None).encode(),
    "unknown category where it counts as missing": good(referrer="friend").encode(),
    "extra feature": good(other={"deep": [1]}).encode(),
    "whole number with a fraction of zero": pages("3.0"),
    "integer for a number": spend("3"),
    "largest float32": spend("3.4028235e38"),
    "smaller than any float32": spend("1e-60"),
    "minus zero": spend("-0.0"),
    "white space around": b" \n" + good().encode() + b"\r\n\t",
    "empty event id": good().replace("e-7", "").encode(),
}


@pytest.fixture
def scorer(artifact):
    return FakeScorer(artifact)


@pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "middle", "last"])
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_the_bad_record_alone_goes_to_quarantine(scorer, bad, place):
    payloads: list[Any] = [envelopes.event(i) for i in range(4)]
    payloads.insert(place, bad.payload)
    event = envelopes.kinesis(*payloads)

    response, report = scorer.run(event)

    assert response == {"batchItemFailures": []}
    assert [prediction["event_id"] for prediction in scorer.predictions] == [f"e-{i}" for i in range(4)]
    (entry,) = scorer.quarantined
    assert (entry["code"], entry["path"]) == (bad.code, bad.path)
    assert entry["source"]["position"] == event["Records"][place]["kinesis"]["sequenceNumber"]
    kept = bad.payload if isinstance(bad.payload, bytes) else bad.payload.encode()
    assert base64.b64decode(entry["data"]) == kept
    assert (report.records, report.predictions, report.quarantined, report.failed) == (5, 4, {bad.code: 1}, 0)


@pytest.mark.parametrize("place", [0, 2, 4], ids=["first", "middle", "last"])
@pytest.mark.parametrize("code", FORMS)
def test_so_does_one_that_has_not_the_form_that_the_manifest_asks_for(code, place):
    changes, fine, bad = FORMS[code]
    scorer = FakeScorer(artifacts.artifact(**changes))
    payloads = [fine] * 4
    payloads.insert(place, bad)

    response, report = scorer.run(envelopes.kinesis(*payloads))

    assert response == {"batchItemFailures": []}
    assert (report.records, report.predictions, report.quarantined, report.failed) == (5, 4, {code: 1}, 0)
    (entry,) = scorer.quarantined
    assert base64.b64decode(entry["data"]) == bad


def test_every_code_is_tried_here_or_where_sinks_have_limits_or_with_texts_and_images():
    tried = (
        {bad.code for bad in BAD}
        | FORMS.keys()
        | {
            Code.PREDICTION_TOO_LARGE,
            Code.INPUT_TOO_LARGE,
            Code.INVALID_IMAGE,
        }
    )
    assert tried == set(Code)


@pytest.mark.parametrize("features", [b'{"spend": null}', b'{"pages": null, "spend": null, "other": 1}'], ids=str)
def test_features_that_are_all_null_are_scored(features):
    scorer = FakeScorer(artifacts.artifact(features=OPTIONAL))
    _, report = scorer.run(envelopes.kinesis(b'{"event_id": "e-7", "features": %s}' % features))
    assert report.predictions == 1


TEXT = [
    bad for bad in BAD if isinstance(bad.payload, bytes) and bad.code != Code.INVALID_UTF8 and bad.payload.isascii()
]


@pytest.mark.parametrize("bad", TEXT, ids=lambda bad: bad.name)
def test_a_bad_message_alone_goes_to_quarantine(scorer, bad):
    assert isinstance(bad.payload, bytes)
    text = bad.payload.decode()
    response, _ = scorer.run(envelopes.sqs(envelopes.event(0), text, envelopes.notification(text)))
    assert response == {"batchItemFailures": []}
    assert [prediction["event_id"] for prediction in scorer.predictions] == ["e-0"]
    assert [(entry["code"], entry["path"]) for entry in scorer.quarantined] == [(bad.code, bad.path)] * 2


@pytest.mark.parametrize("payload", SCORED.values(), ids=SCORED.keys())
def test_what_looks_odd_but_is_allowed_is_scored(scorer, payload):
    response, report = scorer.run(envelopes.kinesis(envelopes.event(0), payload, envelopes.event(1)))
    assert response == {"batchItemFailures": []}
    assert (report.predictions, scorer.quarantined) == (3, [])


def test_a_lone_surrogate_reaches_the_prediction_escaped(scorer):
    scorer.run(envelopes.kinesis(good().replace("e-7", "\\ud800").encode()))
    (body,) = scorer.sink.bodies
    assert body.isascii()
    assert b'"event_id":"\\ud800"' in body


def test_extra_members_are_counted(scorer):
    _, report = scorer.run(envelopes.kinesis(envelopes.event(0, other=1, another=2), envelopes.event(1, other=1)))
    assert (report.ignored_members, report.predictions) == (3, 2)


def test_an_aggregate_is_scored_record_by_record_and_only_its_bad_record_is_quarantined(scorer):
    users = [("alice", good().encode()), ("bob", b"{"), ("carol", good().encode())]
    _, report = scorer.run(envelopes.kinesis(envelopes.aggregate(users), envelopes.event(0)))
    assert (report.records, report.predictions, report.quarantined) == (4, 3, {Code.INVALID_JSON: 1})
    assert [entry["source"]["subsequence"] for entry in scorer.quarantined] == [1]
    assert [message.partition_key for message in scorer.sink.acknowledged[:2]] == ["alice", "carol"]


def test_an_aggregate_with_a_key_that_the_sink_cannot_take_does_not_fail_the_batch(scorer):
    _, report = scorer.run(envelopes.kinesis(envelopes.aggregate([("", good().encode())]), envelopes.event(0)))
    assert (report.predictions, report.quarantined) == (1, {Code.INVALID_AGGREGATE: 1})


def test_a_batch_of_nothing_but_bad_records_is_kept_whole(scorer):
    response, report = scorer.run(envelopes.kinesis(*(bad.payload for bad in BAD)))
    assert response == {"batchItemFailures": []}
    assert [entry["code"] for entry in scorer.quarantined] == [bad.code for bad in BAD]
    assert (report.predictions, scorer.sink.calls) == (0, [])


def test_the_logs_never_carry_the_payload(scorer, caplog):
    caplog.set_level("DEBUG")
    scorer.run(envelopes.kinesis(good(device="secret-device").encode(), b"secret-bytes"))
    assert len(scorer.quarantined) == 2
    assert "secret" not in caplog.text
    assert not any("secret" in entry["detail"] for entry in scorer.quarantined)


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_every_kind_of_model_scores_the_same_batch(kind):
    scorer = FakeScorer(artifacts.artifact(kind))
    _, report = scorer.run(envelopes.kinesis(*(envelopes.event(i) for i in range(3)), b"{"))
    assert (report.predictions, report.quarantined) == (3, {Code.INVALID_JSON: 1})
