import gzip
import json

import pytest

from millrace.errors import UserError
from millrace.model.event_options import EventOptions, described
from model_store.event_format import EventFormat, IgnoreRule
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer

DMS = (IgnoreRule("/metadata/record-type", ("control",)), IgnoreRule("/metadata/operation", ("delete",)))


def event(**options):
    return described(artifacts.artifact(), EventOptions(**options)).manifest.event


def paths(**options):
    manifest = described(artifacts.artifact(), EventOptions(**options)).manifest
    return {feature.name: feature.path for feature in manifest.features}


def test_without_options_an_artifact_is_as_it_was():
    artifact = artifacts.artifact()
    assert described(artifact, EventOptions()) is artifact


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"event_id": "/id"}, EventFormat("/id")),
        ({"event_id": "/id", "integer_id": True}, EventFormat("/id", "integer")),
        ({"event_id": "none"}, EventFormat(None)),
        ({"unwrap": "cloudevents"}, EventFormat("/id", unwrap="cloudevents")),
        ({"unwrap": "dms"}, EventFormat(None, unwrap="dms", ignore=DMS)),
        ({"unwrap": "dms", "ignore": ["none"]}, EventFormat(None, unwrap="dms")),
        ({"unwrap": "dms", "event_id": "/data/id"}, EventFormat("/data/id", unwrap="dms", ignore=DMS)),
        (
            {"unwrap": "dms", "ignore": ["/metadata/operation=load", "/metadata/operation=delete"]},
            EventFormat(
                None,
                unwrap="dms",
                ignore=(DMS[0], IgnoreRule("/metadata/operation", ("delete", "load"))),
            ),
        ),
        (
            {"unwrap": "debezium"},
            EventFormat(
                None,
                unwrap="debezium",
                ignore=(IgnoreRule("/op", ("d", "t")), IgnoreRule("/payload/op", ("d", "t"))),
            ),
        ),
        (
            {"unwrap": "dynamodb"},
            EventFormat("/eventID", unwrap="dynamodb", ignore=(IgnoreRule("/eventName", ("REMOVE",)),)),
        ),
        ({"format": "csv", "several": True}, EventFormat(None, format="csv", events_per_record="many")),
        ({"gzip": 1_000}, EventFormat(max_inflated=1_000)),
        ({"passthrough": ["/user"]}, EventFormat(passthrough=("/user",))),
        (
            {"ignore": ["/op=d", "/op=t", "/n=1", "/x=null", "/y=[1]", "/z=a=b"]},
            EventFormat(
                ignore=(
                    IgnoreRule("/op", ("d", "t")), IgnoreRule("/n", (1,)), IgnoreRule("/x", (None,)),
                    IgnoreRule("/y", ("[1]",)), IgnoreRule("/z", ("a=b",)),
                )
            ),
        ),
    ],
    ids=str,
)  # fmt: skip
def test_options_are_members_of_the_manifest(options, expected):
    assert event(**options) == expected


def test_features_are_where_the_options_say():
    assert paths(features_path="")["pages"] == "/pages"
    assert paths(unwrap="dms")["pages"] == "/pages"
    assert paths(unwrap="sns", features_path="/features")["pages"] == "/features/pages"
    found = paths(features_path="/session", paths=["spend=/order/total", "device=/agents/0"])
    assert (found["pages"], found["spend"], found["device"]) == ("/session/pages", "/order/total", "/agents/0")


def test_features_say_what_is_captured_of_them():
    manifest = described(artifacts.artifact(), EventOptions(capture=["spend=mask", "device=hash"])).manifest
    rules = {feature.name: feature.capture for feature in manifest.features}
    assert rules == {"pages": "plain", "spend": "mask", "returning": "plain", "device": "hash", "referrer": "plain"}


def test_features_may_accept_text():
    def accepting(*names):
        manifest = described(artifacts.artifact(), EventOptions(accept_text=names)).manifest
        return [feature.name for feature in manifest.features if feature.accept_text]

    assert accepting("pages", "returning") == ["pages", "returning"]
    assert accepting("all") == artifacts.NAMES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"event_id": "id"}, "event.event_id: .*begins with /"),
        ({"event_id": "none", "integer_id": True}, "--integer-id: expected --event-id PATH with it"),
        ({"unwrap": "kafka"}, "event.unwrap: expected one of none, cloudevents"),
        ({"format": "csv", "event_id": "/id"}, "event.event_id: expected null: a csv event has no members"),
        ({"gzip": 0}, "event.gzip: expected"),
        ({"ignore": ["/op"]}, "--ignore: expected PATH=VALUE, such as /op=d, got '/op'"),
        ({"paths": ["pages"]}, "--path: expected FEATURE=POINTER, .*, got 'pages'"),
        ({"paths": ["page=/x"]}, "expected one of the features pages, spend, .*, got 'page'"),
        ({"paths": ["pages=/~2"]}, "expected ~0"),
        ({"paths": ["pages=/features/spend"]}, "expected each path once"),
        ({"capture": ["page=hash"]}, "expected one of the features pages, spend, .*, got 'page'"),
        ({"capture": ["pages=hide"]}, "--capture: expected FEATURE=RULE with one of plain, hash, mask, omit, got"),
        ({"accept_text": ["page"]}, "expected one of the features pages, spend, .*, got 'page'"),
        ({"features_path": "x"}, "expected a JSON Pointer"),
    ],
    ids=str,
)
def test_options_that_make_no_manifest_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        described(artifacts.artifact(), EventOptions(**options))


def test_a_dms_stream_is_scored():
    options = EventOptions(
        unwrap="dms", event_id="/data/id", integer_id=True, ignore=["/metadata/record-type=control"],
        accept_text=["all"], several=True, gzip=10_000, passthrough=["/metadata/timestamp"],
    )  # fmt: skip
    scorer = FakeScorer(described(artifacts.artifact(), options))
    features = {name: str(value).lower() for name, value in envelopes.event()["features"].items()}
    row = {"data": {"id": 7, **features}, "metadata": {"record-type": "data", "timestamp": "2026-01-01"}}
    lines = [json.dumps(line) for line in (row, {"metadata": {"record-type": "control"}}, row)]

    _, report = scorer.run(envelopes.kinesis(gzip.compress("\n".join(lines).encode())))

    assert (report.predictions, report.ignored, report.quarantined.total()) == (2, 1, 0)
    assert [(one["event_id"], one["passthrough"]) for one in scorer.predictions] == [
        (7, {"timestamp": "2026-01-01"})
    ] * 2
