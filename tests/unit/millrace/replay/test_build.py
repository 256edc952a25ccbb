"""Rows in each form that a manifest may ask for. That all are read as they were is in tests/property."""

import gzip
import json
from copy import replace
from typing import Any

import polars as pl
import pytest

from millrace.errors import UserError
from millrace.replay import rows
from millrace.replay.build import EventBuilder
from model_store.event_format import EventFormat
from model_store.feature import members_of
from model_store.manifest import Manifest
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer

pytestmark = pytest.mark.usefixtures("each_engine")

VALUES = envelopes.event(7)["features"]


def manifest(event: EventFormat, parent: str = "/features", **paths: str) -> Manifest:
    features = tuple(
        replace(feature, path=paths.get(feature.name, feature.path))
        for feature in members_of(parent, artifacts.FEATURES)
    )
    return replace(artifacts.artifact().manifest, event=event, features=features)


def built(event: EventFormat, parent: str = "/features", event_id: str = "7", **paths: str) -> Any:
    builder = EventBuilder(manifest(event, parent, **paths))
    return builder.record([builder.event(event_id, VALUES)])


FORMS: dict[str, tuple[EventFormat, str, Any]] = {
    "an id elsewhere": (EventFormat("/meta/id"), "/now", {"now": VALUES, "meta": {"id": "7"}}),
    "an integer id": (EventFormat("/id", "integer"), "", {**VALUES, "id": 7}),
    "no id": (EventFormat(None), "/features", {"features": VALUES}),
    "cloudevents": (
        EventFormat("/id", unwrap="cloudevents"),
        "",
        {"specversion": "1.0", "id": "7", "source": "/millrace/replay", "type": "row", "data": VALUES},
    ),
    "eventbridge": (
        EventFormat("/detail/key", unwrap="eventbridge"),
        "",
        {
            "version": "0",
            "id": "replay",
            "detail-type": "row",
            "source": "millrace.replay",
            "detail": {**VALUES, "key": "7"},
        },
    ),
    "dms": (
        EventFormat("/data/id", "integer", unwrap="dms"),
        "",
        {"data": {**VALUES, "id": 7}, "metadata": {"record-type": "data", "operation": "insert"}},
    ),
    "debezium": (
        EventFormat("/after/id", unwrap="debezium"),
        "",
        {"before": None, "after": {**VALUES, "id": "7"}, "op": "c"},
    ),
    "debezium with its schema": (
        EventFormat("/payload/after/id", unwrap="debezium"),
        "",
        {"schema": {}, "payload": {"before": None, "after": {**VALUES, "id": "7"}, "op": "c"}},
    ),
    "sns": (
        EventFormat("/MessageId", unwrap="sns"),
        "",
        {
            "Type": "Notification",
            "MessageId": "7",
            "TopicArn": "arn:aws:sns:::replay",
            "Message": json.dumps(VALUES, separators=(",", ":")),
        },
    ),
    "a vector": (EventFormat(None, format="vector"), "/features", list(VALUES.values())),
}
TYPED = {
    "pages": {"N": "10"}, "spend": {"N": "12.5"}, "returning": {"BOOL": True}, "device": {"S": "mobile"},
    "referrer": {"S": "ads"},
}  # fmt: skip
FORMS |= {
    "a dynamodb change": (
        EventFormat("/eventID", unwrap="dynamodb"),
        "",
        {"eventID": "7", "eventName": "INSERT", "dynamodb": {"NewImage": TYPED}},
    ),
    "a dynamodb image": (EventFormat("/key", unwrap="dynamodb"), "", {**TYPED, "key": {"S": "7"}}),
}


@pytest.mark.parametrize(("event", "parent", "document"), FORMS.values(), ids=FORMS.keys())
def test_an_event_is_in_its_form(event: EventFormat, parent: str, document: Any) -> None:
    assert json.loads(built(event, parent)) == document


def test_a_line_of_csv() -> None:
    assert built(EventFormat(None, format="csv")) == b"10,12.5,true,mobile,ads"


def test_a_counted_path_is_an_array() -> None:
    event = json.loads(built(EventFormat(), spend="/orders/2/total", pages="/orders/0/pages"))
    assert event["orders"] == [{"pages": 10}, None, {"total": 12.5}]


EVERY_FORM = {
    **{name: (event, parent) for name, (event, parent, _) in FORMS.items()},
    "csv": (EventFormat(None, format="csv"), "/features"),
    "open inference": (EventFormat("/id", format="open-inference"), "/features"),
}


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("most", [None, 100_000])
@pytest.mark.parametrize(("event", "parent"), EVERY_FORM.values(), ids=EVERY_FORM.keys())
def test_the_scorer_reads_what_was_built(event: EventFormat, parent: str, most: int | None, several: bool) -> None:
    form = manifest(replace(event, max_inflated=most, events_per_record="many" if several else "one"), parent)
    builder, scorer = EventBuilder(form), FakeScorer(artifacts.artifact(event=form.event, features=form.features))
    events = [builder.event("7", VALUES) for _ in range(3 if several else 1)]

    scorer.run(envelopes.kinesis(builder.record(events)))

    assert scorer.quarantined == []
    plain = FakeScorer(artifacts.artifact())
    plain.run(envelopes.kinesis(envelopes.event(7)))
    assert [one["score"] for one in scorer.predictions] == [plain.predictions[0]["score"]] * len(events)


def test_a_record_is_no_larger_than_its_cap() -> None:
    assert gzip.decompress(built(EventFormat(max_inflated=1_000))).startswith(b"{")
    with pytest.raises(UserError, match="expected at most 20 bytes in a record of sessions, got 1"):
        built(EventFormat(max_inflated=20))


def test_what_a_form_cannot_say_is_refused() -> None:
    with pytest.raises(UserError, match="id 'x': expected an integer, as sessions 1 reads: name the column with --id"):
        built(EventFormat("/id", "integer"), event_id="x")
    line = EventBuilder(manifest(EventFormat(None, format="csv", events_per_record="many")))
    with pytest.raises(UserError, match="feature 'device': expected a text, got an empty one"):
        line.event("7", {**VALUES, "device": ""})
    with pytest.raises(UserError, match="expected texts of one line"):
        line.event("7", {**VALUES, "device": "a\nb"})
    with pytest.raises(UserError, match="/source/id: expected an object at /source, got a value there"):
        built(EventFormat("/source/id", unwrap="cloudevents"), "")


def test_columns_that_pass_through_are_where_the_prediction_takes_them_from() -> None:
    event = EventFormat(
        "/data/id", "integer", unwrap="dms", passthrough=("/data/customer", "/metadata/tx", "/data/pages")
    )
    form = manifest(event, "")
    table = pl.DataFrame([{**VALUES, "customer": "c-1", "tx": 5, "other": 1}])

    (sent,) = rows.events(table, form, "in")

    assert rows.columns_left_out(table, form, []) == ["other"]
    scorer = FakeScorer(artifacts.artifact(event=form.event, features=form.features))
    scorer.run(envelopes.kinesis(sent.data))
    assert [one["passthrough"] for one in scorer.predictions] == [{"customer": "c-1", "tx": 5, "pages": 10}]
