import gzip
import json
from collections.abc import Callable
from copy import replace
from pathlib import Path
from typing import Any

import pytest

from millrace.replay.recorded import RecordedEvents
from model_store.event_format import EventFormat, IgnoreRule
from model_store.feature import members_of
from tests.fakes import artifacts, envelopes

Open = Callable[..., RecordedEvents]
PLAIN_FORMAT = EventFormat()
PLAIN = envelopes.event()
CHANGE = {"data": {"id": 5, **PLAIN["features"]}, "metadata": {"record-type": "data"}}
CONTROL = {"metadata": {"record-type": "control"}}
DMS = EventFormat("/data/id", "integer", unwrap="dms", ignore=(IgnoreRule("/metadata/record-type", ("control",)),))


@pytest.fixture
def lines(tmp_path: Path) -> Open:
    """A file of JSON lines, as recorded events of a model that reads them so."""

    def opened(*documents: Any, event: EventFormat = PLAIN_FORMAT, parent: str = "/features") -> RecordedEvents:
        features = members_of(parent, artifacts.FEATURES)
        manifest = replace(artifacts.artifact().manifest, event=event, features=features)
        (tmp_path / "in.jsonl").write_text("".join(json.dumps(one) + "\n" for one in documents))
        return RecordedEvents(tmp_path / "in.jsonl", manifest)

    return opened


def test_lines_that_the_model_reads_are_events(lines: Open) -> None:
    assert lines(PLAIN).found()
    assert lines({}, PLAIN).found()
    assert lines(envelopes.event(device="unknown")).found()
    assert lines(CONTROL, event=DMS, parent="").found()
    assert lines(CHANGE, event=DMS, parent="").found()
    assert lines(list(PLAIN["features"].values()), event=EventFormat(None, format="vector")).found()


def test_rows_of_a_table_are_none(lines: Open) -> None:
    assert not lines(PLAIN["features"]).found()
    assert not lines(CHANGE["data"], event=DMS, parent="").found()
    assert not lines(CHANGE).found()
    csv = lines(PLAIN)
    csv._path = csv._path.rename(csv._path.with_suffix(".csv"))
    assert not csv.found()


def test_ids_are_read_where_the_model_reads_them(lines: Open) -> None:
    recorded = lines(CONTROL, CHANGE, event=DMS, parent="")
    assert [event.event_id for event in recorded.events()] == ["in-000000000", "5"]
    assert recorded.count() == 2


def test_a_line_with_several_events_has_each(lines: Open) -> None:
    second = envelopes.event(1)
    recorded = lines([PLAIN, second], event=EventFormat(events_per_record="many"))
    (record,) = recorded.events()
    assert json.loads(record.data) == [PLAIN, second]
    assert [event.event_id for event in record.events] == ["e-0", "e-1"]


def test_lines_are_compressed_where_the_model_reads_them_so(lines: Open) -> None:
    recorded = lines(PLAIN, event=EventFormat(max_inflated=10_000))
    assert recorded.found()
    (record,) = recorded.events()
    assert json.loads(gzip.decompress(record.data)) == PLAIN
    assert record.event_id == "e-0"
