import io
from itertools import islice
from typing import Any

import pytest

from stream_producers import Event, Receipt, Sessions, StdoutTarget, TargetFailed, produce

EVENTS = list(islice(Sessions(7).events(), 1_200))


class Closed(io.BytesIO):
    def write(self, data: Any, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_an_event_is_a_line_of_its_bytes_in_order() -> None:
    file = io.BytesIO()
    report = produce(EVENTS, StdoutTarget(file), calls=8)
    assert file.getvalue().splitlines() == [event.data for event in EVENTS]
    assert report.sent == 1_200


def test_a_line_has_no_position() -> None:
    receipts = list[Receipt]()
    produce(EVENTS[:1], StdoutTarget(io.BytesIO()), receipts=receipts.extend)
    assert [(receipt.position, receipt.path) for receipt in receipts] == [((), "stdout")]


@pytest.mark.parametrize(("data", "line"), [(b"", b"\n"), (b"\xff\xfe", b"\xff\xfe\n"), (b"a\rb", b"a\rb\n")])
def test_bytes_go_as_they_are(data: bytes, line: bytes) -> None:
    file = io.BytesIO()
    produce([Event("e", data, "k")], StdoutTarget(file))
    assert file.getvalue() == line


def test_an_event_with_a_newline_fails_alone() -> None:
    file = io.BytesIO()
    report = produce([Event("two", b"a\nb", "k"), Event("one", b"a", "k")], StdoutTarget(file))
    assert (report.sent, report.failed, file.getvalue()) == (1, 1, b"a\n")


def test_a_reader_that_went_away_ends_the_run() -> None:
    with pytest.raises(TargetFailed, match="standard output cannot be written: Broken pipe") as failed:
        produce(EVENTS, StdoutTarget(Closed()))
    report = failed.value.report
    assert report is not None
    assert (report.sent, report.failed) == (0, 500)
