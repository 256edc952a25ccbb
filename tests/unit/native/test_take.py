"""Ordinary records become rows in C, exactly those of the reference implementation; at all others `take` stops."""

import base64
import copy
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import envelopes, native_rows

EVENT = envelopes.event()

# What may stand where a text, a number or an object is expected.
ODD = (
    None, True, False, 0, 5, -1, 1.5, 10**400, float("nan"), float("inf"), -1.0, 1e300, [], {}, ["a"], {"a": 1},
    "", "a", "é", "日本", "🂡", "\ud800", '"', "\\", "\n", "\x00", "\x7f", ":", "a:b", ":b", "x" * 300,
    "1" * 129, "1" * 130, "-1", "1.0", "٣", "0",
    "=", "====", "QQ", "QQ==", "QQ==\n", "QQ==QQ==", "84mawg==", "84mawgAA",
)  # fmt: skip

PAYLOADS = (
    b"", b"{}", b"[]", b"null", b"\xff", b"\xf3\x89\x9a\xc2", b'{"event_id":"e","features":{"pages":1}}',
    b'{"event_id":"e","features":{"pages":"1"}}', b'{"event_id":"\xc3\xa9","features":{"pages":1,"more":[{}]}}',
    b'{"event_id":"a\\u0041\\ud800","features":{"pages":1e3}}', b'{"event_id":"e","features":{"pages":1e39}}',
    b' {"features":{"spend":1.25,"pages":3.0,"device":"tablet","referrer":"no such"},"event_id":"\x7f"} ',
    b'{"event_id":"e","features":{"pages":1,"pages":2}}', b'{"event_id":1,"features":{"pages":1}}',
)  # fmt: skip

MEMBERS = (
    "kinesis", "eventSource", "eventID", "eventSourceARN", "data", "partitionKey", "sequenceNumber",
    "approximateArrivalTimestamp", "kinesisSchemaVersion", "more",
)  # fmt: skip


@st.composite
def envelope(draw):
    """An envelope that is ordinary, or has one member changed, or none of its members as it should be."""
    found = copy.deepcopy(envelopes.kinesis(EVENT, first=draw(st.integers(1, 10**56)))["Records"][0])
    body = found["kinesis"]
    body["approximateArrivalTimestamp"] = draw(st.floats(0, 4e9) | st.integers(0, 2**33))
    body["partitionKey"] = draw(st.text(min_size=1, max_size=8))
    if draw(st.booleans()):
        payload = draw(st.sampled_from(PAYLOADS))
        body["data"] = base64.b64encode(payload).decode()
    for name in draw(st.lists(st.sampled_from(MEMBERS), max_size=2)):
        target = body if name in body else found
        if draw(st.booleans()):
            target[name] = draw(st.sampled_from(ODD))
        else:
            target.pop(name, None)
    return found


@given(batch=st.lists(envelope(), max_size=8), share=st.sampled_from([0.0, 0.3, 1.0]))
@settings(max_examples=300)
def test_each_record_is_taken_as_the_reference_would_or_stopped_at(native, batch, share):
    native_rows.assert_as_reference(native, batch, share)


@given(
    keys=st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=20),
    arrived=st.floats(1, 253402300799) | st.integers(0, 253402300799),
    share=st.sampled_from([0.0, 0.5]),
)
def test_ordinary_records_are_all_taken(native, keys, arrived, share):
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(len(keys))])["Records"]
    for record, key in zip(batch, keys, strict=True):
        record["kinesis"] |= {"partitionKey": key, "approximateArrivalTimestamp": arrived}
    assert native_rows.assert_as_reference(native, batch, share) == []


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", MEMBERS)
def test_one_odd_member_stops_or_does_no_harm(native, name, odd):
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(3)])["Records"]
    target = batch[1]["kinesis"] if name in batch[1]["kinesis"] else batch[1]
    target[name] = odd
    everything = [0, 1, 2]  # the event is of another source now, or none that JSON knows
    assert native_rows.assert_as_reference(native, batch) in ([], [1], everything)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", ["data", b"not json", b"\xf3\x89\x9a\xc2", {"event_id": 1}])
def test_take_stops_at_what_is_not_ordinary_and_goes_on_after_it(native, place, bad):
    events = [envelopes.event(number) for number in range(3)]
    events[place] = bad
    batch = envelopes.kinesis(*events)["Records"]
    assert native_rows.assert_as_reference(native, batch) == [place]


@pytest.mark.parametrize("shards", [("1", "1"), ("1", "2"), ("1", "2", "1"), ("a" * 200, "b")])
@pytest.mark.parametrize("arns", [("arn:1",), ("arn:1", "arn:2"), ("a" * 62, "a" * 63, "a" * 64)])
def test_records_of_several_streams_and_shards_keep_their_own_identity(native, shards, arns):
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(12)])["Records"]
    for number, record in enumerate(batch):
        record["eventID"] = f"{shards[number % len(shards)]}:{record['kinesis']['sequenceNumber']}"
        record["eventSourceARN"] = arns[number % len(arns)]
    assert native_rows.assert_as_reference(native, batch) == []


def test_a_bar_in_an_arn_makes_no_other_shard_of_it(native):
    """`a|b` and `c` hash as `a` and `b|c` do, but are another source."""
    batch = envelopes.kinesis(EVENT, EVENT)["Records"]
    batch[0] |= {"eventSourceARN": "a|b", "eventID": "c:1"}
    batch[1] |= {"eventSourceARN": "a", "eventID": "b|c:1"}
    assert native_rows.assert_as_reference(native, batch) == []


def test_ignored_members_are_counted(native):
    event = envelopes.event(more=1, most={"a": []})
    table = native_rows.table(native)
    assert native.take(native_rows.scan(native, envelopes.kinesis(event, event)["Records"]), 0, [table], 0.0, "m") == 2
    assert table.ignored_members == 4


@pytest.mark.parametrize(
    ("start", "tables", "share", "error"),
    [
        (-1, 1, 0.0, "start: expected"),
        (0, 0, 0.0, "tables: expected"),
        (0, 3, 0.0, "tables: expected"),
        (0, 1, 0.5, "share: expected"),
        (0, 2, 1.5, "share: expected"),
        (0, 2, -0.1, "share: expected"),
        (0, 2, float("nan"), "share: expected"),
    ],
)
def test_wrong_arguments_are_refused(native, start, tables, share, error):
    with pytest.raises(ValueError, match=error):
        native.take(scanned(native), start, [native_rows.table(native) for _ in range(tables)], share, "m")


def scanned(native, count=1):
    return native_rows.scan(native, envelopes.kinesis(*[envelopes.event(number) for number in range(count)])["Records"])


@pytest.mark.parametrize("what", [None, 5, native_rows, object()])
def test_only_tables_are_filled(native, what):
    with pytest.raises(TypeError, match="expected a Table"):
        native.take(scanned(native), 0, [what], 0.0, "m")


@pytest.mark.parametrize("batch", [None, 5, object(), [], [EVENT]])
def test_only_scanned_envelopes_are_taken(native, batch):
    with pytest.raises(TypeError, match="expected Envelopes"):
        native.take(batch, 0, [native_rows.table(native)], 0.0, "m")


@pytest.mark.parametrize("model", [None, 5, b"m"])
def test_a_model_has_a_name(native, model):
    with pytest.raises(TypeError):
        native.take(scanned(native), 0, [native_rows.table(native)], 0.0, model)


@pytest.mark.parametrize("model", ["", "m", "a" * 63, "a" * 200, "mod\u00e8le|1"])
def test_the_name_of_the_model_is_in_front_of_the_identity(native, model):
    table = native_rows.table(native)
    assert native.take(scanned(native, 3), 0, [table], 0.0, model) == 3
    place = f"{envelopes.STREAM_ARN}|{envelopes.SHARD}"
    positions = [f"{model}|{place}|{envelopes.FIRST_SEQUENCE + number}" for number in range(3)]
    expected = [hashlib.sha256(position.encode()).hexdigest() for position in positions]
    assert [json.loads(row.body)["prediction_id"] for row in native_rows.rows(native, table)] == expected


def test_a_start_beyond_the_end_takes_nothing(native):
    assert native.take(scanned(native), 7, [native_rows.table(native)], 0.0, "m") == 7


def test_a_start_within_leaves_the_first_ones(native):
    table = native_rows.table(native)
    assert native.take(scanned(native, 5), 3, [table], 0.0, "m") == 5
    assert [table.origin(row) for row in range(table.rows)] == [3, 4]


def test_the_batch_may_go_before_its_rows(native):
    batch, table = scanned(native, 50), native_rows.table(native)
    assert native.take(batch, 0, [table], 0.0, envelopes.MODEL) == 50
    source = native_rows.READ_NATIVELY[batch.layout]
    expected = [native_rows.reference(source, envelope, origin)[0][1] for origin, envelope in enumerate(batch)]
    del batch
    assert list(native_rows.rows(native, table)) == expected


# Messages and notifications.

PLAIN = {"event_id": "e", "features": {"pages": 1}}
TEXTS = (
    "", "{", "{}", "null", '"Notification"', '{"Type":"Notification"}', '{"Type":"Notification","TopicArn":1}',
    json.dumps(PLAIN), json.dumps(PLAIN | {"Type": "Notification"}), json.dumps(PLAIN | {"a": "Notification"}),
    json.dumps(PLAIN | {"a": "ü\n\\/\x00 \U0001f600"}), json.dumps(PLAIN | {"a": "ü\U0001f600"}, ensure_ascii=False),
    json.dumps(PLAIN | {"event_id": "\ud800"}), "\ud800", "\udc00\ud800", "\x00", "é" * 40, "\\" * 40, '"' * 40,
    json.dumps(PLAIN).replace("e", "\\u0065"), f" {json.dumps(PLAIN, indent=2)}\r\n",
    json.dumps(envelopes.notification(PLAIN)), json.dumps(envelopes.notification(PLAIN)) + "x",
    json.dumps(envelopes.notification(PLAIN)).replace("Notification", "Notificatio\\u006e"),
    json.dumps(envelopes.notification(PLAIN)).replace('"Type"', '"Typ\\u0065"'),
    json.dumps(envelopes.notification(PLAIN)).replace('"Type"', '"Type": "x", "Type"'),
    f"[{json.dumps(envelopes.notification(PLAIN))}]", f'{{"a":{json.dumps(envelopes.notification(PLAIN))}}}',
    json.dumps(envelopes.notification(json.dumps(envelopes.notification(PLAIN)))),
    json.dumps(envelopes.notification(PLAIN) | {"Type": "SubscriptionConfirmation"}),
    json.dumps(envelopes.notification(PLAIN) | {"more": "[" * 99}), "[" * 99 + '"Notification"' + "]" * 99,
)  # fmt: skip
ATTRIBUTES = (
    None, {}, [], 5, "x", {"partition_key": None}, {"partition_key": {}}, {"partition_key": []},
    {"other": {"Value": 1}},
    *({"partition_key": {"Type": "String", "Value": value}} for value in (
        "k", "", "ü", "\n\"", "\U0001f600" * 256, "é" * 128, "é" * 129, "x" * 256, "x" * 257, "\ud800", None, 5, {},
    )),
)  # fmt: skip
NOTIFICATION_MEMBERS = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "MessageAttributes", "Signature")
MESSAGE_MEMBERS = ("messageId", "body", "attributes", "SentTimestamp", "eventSourceARN", "receiptHandle", "more")


@st.composite
def notification(draw):
    """A notification that is ordinary, or has some members changed."""
    found = envelopes.notification(draw(st.sampled_from(TEXTS)), draw(st.integers(0, 9)))
    if draw(st.booleans()):
        found["MessageAttributes"] = draw(st.sampled_from(ATTRIBUTES))
    return _changed(draw, found, NOTIFICATION_MEMBERS)


@st.composite
def message(draw):
    """A message, often with a notification in it, that is ordinary, or has some members changed."""
    body = draw(st.sampled_from(TEXTS) | st.text(max_size=20) | notification().map(json.dumps))
    found = envelopes.sqs(body)["Records"][0]
    found["messageId"] = draw(st.uuids().map(str))
    found["attributes"] = _changed(draw, found["attributes"], ("SentTimestamp", "SenderId"))
    return _changed(draw, found, MESSAGE_MEMBERS)


def _changed(draw, members, names):
    for name in draw(st.lists(st.sampled_from(names), max_size=1)):
        if draw(st.booleans()):
            members[name] = draw(st.sampled_from(ODD))
        else:
            members.pop(name, None)
    return members


@given(batch=st.lists(message(), min_size=1, max_size=8), share=st.sampled_from([0.0, 0.3]), ascii_only=st.booleans())
@settings(max_examples=400)
def test_each_message_is_taken_as_the_reference_would_or_stopped_at(native, batch, share, ascii_only):
    text = json.dumps({"Records": batch}, ensure_ascii=ascii_only)
    found = native_rows.scan(native, text.encode("utf-8", "surrogatepass"))
    if found is not None:
        native_rows.assert_as_reference(native, found, share)


@given(notification=notification())
@settings(max_examples=200)
def test_each_notification_is_taken_as_the_reference_would_or_stopped_at(native, notification):
    record = envelopes.sns("x")["Records"][0] | {"Sns": notification}
    native_rows.assert_as_reference(native, [record])


@given(
    events=st.lists(
        st.dictionaries(st.text(max_size=9), st.text(st.characters(exclude_categories=["Cs"])), max_size=3),
        min_size=1,
        max_size=9,
    ),
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    queued=st.booleans(),
)
def test_ordinary_messages_with_any_text_are_all_taken(native, events, key, queued):
    """What is in the events that no feature reads may need escapes at every layer; the events themselves have none."""
    bodies = [
        json.dumps({"event_id": f"e-{number}", "features": {"pages": number}}) + " " * len(more)
        for number, more in enumerate(events)
    ]
    if queued:
        attributes = {"partition_key": {"Type": "String", "Value": key}}
        bodies = [
            json.dumps(envelopes.notification(body, number, MessageAttributes=attributes) | {"more": more})
            for number, (body, more) in enumerate(zip(bodies, events, strict=True))
        ]
    batch = envelopes.sqs(*bodies)["Records"]
    assert native_rows.assert_as_reference(native, batch) == []
    raw = json.dumps({"Records": batch}, ensure_ascii=False).encode()
    assert native_rows.assert_as_reference(native, native_rows.scan(native, raw)) == []


def test_plain_messages_and_notifications_of_several_topics_in_one_batch(native):
    notified = [
        envelopes.notification(envelopes.event(number), number, TopicArn=f"arn:{number % 2}") for number in range(6)
    ]
    bodies = [body for pair in zip(notified, map(envelopes.event, range(6)), strict=True) for body in pair]
    assert native_rows.assert_as_reference(native, envelopes.sqs(*bodies)["Records"], 0.5) == []


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_with_one_text_between_ordinary_ones(native, text):
    for odd in (text, envelopes.notification(text)):
        batch = envelopes.sqs(envelopes.event(0), odd, envelopes.notification(envelopes.event(1)))["Records"]
        assert native_rows.assert_as_reference(native, batch) in ([], [1])


def test_a_key_and_a_payload_with_escapes_are_taken(native):
    batch = envelopes.kinesis(EVENT, EVENT)["Records"]
    batch[1]["kinesis"]["partitionKey"] = "ü/\n\U0001f600"
    batch[1]["kinesis"]["data"] = base64.b64encode(b'{"event_id":"e","features":{"pages":1},"more":"~~~?"}').decode()
    raw = json.dumps({"Records": batch}).replace("/", "\\/").replace("stream\\/events", "stream/events")
    assert raw.count("\\/") > 1
    assert "\\ud83d" in raw
    assert native_rows.assert_as_reference(native, native_rows.scan(native, raw.encode())) == []
