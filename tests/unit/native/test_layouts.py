"""Layouts, compiled: what can be read by, and what is refused."""

from copy import replace
from types import SimpleNamespace

import pytest

from records.values import members
from sources.kinesis import KinesisSource
from sources.sqs import SqsSource
from tests.fakes import native_rows

LAYOUT, OUTER = KinesisSource.layout, SqsSource.layout


def test_every_source_with_a_layout_is_compiled(native):
    assert native_rows.layouts(native) is not None
    assert {source.name for source in native_rows.READ_NATIVELY} == {"batch_item", "kinesis", "sns", "sqs"}
    native.Layouts(())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"payload": ""}, "expected paths of claim"), ({"arn": ""}, "expected paths of claim"),
        ({"position": ""}, "expected paths of claim"), ({"arrived_at": ""}, "expected paths of claim"),
        ({"claim": ""}, "expected paths of claim"), ({"claim": "/a/b"}, "at the top"),
        ({"payload": "kinesis"}, "short paths"), ({"payload": "/"}, "short paths"),
        ({"payload": "/a//b"}, "short paths"), ({"payload": "/a/"}, "short paths"),
        ({"payload": "/a~0b"}, "short paths"), ({"payload": "/é"}, "short paths"),
        ({"payload": '/a"'}, "short paths"), ({"payload": "/a/b/c/d/e"}, "short paths"),
        ({"payload": "/eventID"}, "short paths"), ({"payload": "/kinesis"}, "short paths"),
        ({"payload": "/eventID/a"}, "short paths"), ({"claimed_by": ""}, "printable ASCII"),
        ({"claimed_by": "é"}, "printable ASCII"), ({"type": 'a"'}, "printable ASCII"),
        ({"encoding": "hex"}, "encoding"), ({"arrival_unit": "minutes"}, "arrival_unit"),
        ({"inner": OUTER}, "inner layout without one of its own"),
        ({"inner": replace(LAYOUT, payload="")}, "expected paths of claim"),
    ],
)  # fmt: skip
def test_a_layout_that_cannot_be_read_by_is_refused(native, changes, error):
    with pytest.raises(ValueError, match=error):
        native.Layouts([LAYOUT, replace(LAYOUT, **changes)])


@pytest.mark.parametrize("name", members(LAYOUT))
def test_every_member_is_wanted_and_of_its_type(native, name):
    whole = members(LAYOUT)
    with pytest.raises(AttributeError, match=name):
        native.Layouts([SimpleNamespace(**{other: value for other, value in whole.items() if other != name})])
    if name == "optional_key":
        return
    with pytest.raises((TypeError, AttributeError)):
        native.Layouts([SimpleNamespace(**whole | {name: 5})])


def test_a_layout_has_room_for_so_many_members(native):
    paths = ("payload", "arn", "shard", "position", "partition_key", "arrived_at")
    native.Layouts([replace(LAYOUT, **{name: f"/{name}/a/b/c" for name in paths[:3]})])
    with pytest.raises(ValueError, match="short paths"):
        native.Layouts([replace(LAYOUT, **{name: f"/{name}/a/b/c" for name in paths})])


def test_its_layouts_may_go_before_the_compiled(native):
    def compiled():
        changes = {"claimed_by": "".join(["aws", ":kinesis"]), "aggregate": bytes(bytearray(b"abc"))}
        return native.Layouts([replace(LAYOUT, **changes)])

    layouts = compiled()
    event = b'{"Records":[{"eventSource":"aws:kinesis"}]}'
    assert len(native.Envelopes.scan(event, layouts)) == 1
    assert native.Envelopes.scan(event.replace(b"kinesis", b"other"), layouts) is None


@pytest.mark.parametrize("layouts", [None, 5, [None], [5], LAYOUT])
def test_only_a_sequence_of_layouts_is_compiled(native, layouts):
    with pytest.raises((TypeError, AttributeError)):
        native.Layouts(layouts)
