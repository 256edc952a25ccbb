import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_producers import Event, InputUnreadable, read_table, replay

SHOPPERS = Path(__file__).parents[4] / "shared" / "data" / "online_shoppers_intention.csv"
TABLE = pl.DataFrame({"id": ["a", "b"], "pages": [3, None], "rate": [0.1, 2.0], "won": [True, False]})


def features(event: Event) -> dict[str, Any]:
    return dict(json.loads(event.data)["features"])


def test_a_row_is_an_event() -> None:
    events = list(replay(TABLE, id_column="id", label="won"))
    assert [event.data for event in events] == [
        b'{"event_id":"a","features":{"pages":3,"rate":0.1}}',
        b'{"event_id":"b","features":{"pages":null,"rate":2.0}}',
    ]
    assert [event.outcome for event in events] == [1, 0]
    assert [event.expected_code for event in events] == [None, None]


def test_without_an_id_column_the_row_number_is_the_id() -> None:
    ids = [event.event_id for event in replay(TABLE, name="file")]
    assert ids == ["file-000000000", "file-000000001"]


def test_without_a_label_there_is_no_outcome_and_every_column_is_a_feature() -> None:
    event = next(replay(TABLE))
    assert event.outcome is None
    assert list(features(event)) == TABLE.columns


def test_columns_can_be_left_out() -> None:
    assert list(features(next(replay(TABLE, leave_out=["id", "won"])))) == ["pages", "rate"]


def test_ids_may_be_numbers() -> None:
    table = pl.DataFrame({"id": [5, 6], "x": [1, 2]})
    assert [event.event_id for event in replay(table, id_column="id")] == ["5", "6"]


@pytest.mark.parametrize(
    ("values", "positive", "outcomes"),
    [
        ([1, 0, None], None, [1, 0, None]),
        ([1.0, 0.0], None, [1, 0]),
        (["1", "0"], None, [1, 0]),
        (["UP", "DOWN", None], "UP", [1, 0, None]),
        ([2, 3], "3", [0, 1]),
        ([2, 3, None], None, [2, 3, None]),
        ([0.5, 1.0], None, [0.5, 1.0]),
        (["UP", "DOWN", None], None, ["UP", "DOWN", None]),
    ],
)
def test_labels_become_outcomes(values: list[object], positive: str | None, outcomes: list[object]) -> None:
    table = pl.DataFrame({"x": range(len(values)), "label": values})
    assert [event.outcome for event in replay(table, label="label", positive=positive)] == outcomes


def test_a_feature_may_have_any_name() -> None:
    table = pl.DataFrame({"features": [1], "event_id": [2], 'a "b"\n': [3]})
    assert features(next(replay(table))) == {"features": 1, "event_id": 2, 'a "b"\n': 3}


def test_more_rows_than_a_slice_keep_their_order_and_outcome() -> None:
    table = pl.DataFrame({"x": range(10_000), "y": [i % 2 for i in range(10_000)]})
    events = list(replay(table, label="y"))
    assert [features(event)["x"] for event in events] == list(range(10_000))
    assert [event.outcome for event in events] == table["y"].to_list()


def test_keys_repeat_and_can_be_chosen() -> None:
    table = pl.DataFrame({"id": [str(i) for i in range(100)], "x": 1})
    assert len({event.partition_key for event in replay(table, id_column="id", keys=4)}) == 4
    assert next(replay(table, id_column="id", keys=0)).partition_key == "0"


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.booleans(),
            st.none() | st.text(st.characters(codec="utf-8")),
        ),
        min_size=1,
    )
)
def test_what_is_in_the_table_is_in_the_events(rows: list[tuple[object, ...]]) -> None:
    schema = {"f": pl.Float64, "i": pl.Int64, "b": pl.Boolean, "s": pl.String}
    sent = [features(event) for event in replay(pl.DataFrame(rows, schema=schema, orient="row"))]
    assert [[(type(v), repr(v)) for v in row.values()] for row in sent] == [
        [(type(v), repr(v)) for v in row] for row in rows
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": "none"}, "expected a column none, got id, pages, rate, won"),
        ({"id_column": "none"}, "expected a column none"),
        ({"leave_out": ["none"]}, "expected a column none"),
        ({"leave_out": TABLE.columns}, "at least one column of features"),
        ({"id_column": "pages"}, "column pages: expected an id in every row, each once"),
    ],
)
def test_what_the_table_does_not_have_is_said(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputUnreadable, match=message):
        replay(TABLE, **arguments)


@pytest.mark.skipif(not SHOPPERS.exists(), reason=f"the data set is not at {SHOPPERS}")
def test_the_shoppers_are_replayed_value_by_value() -> None:
    events = list(replay(read_table(SHOPPERS), label="Revenue"))
    lines = SHOPPERS.read_text().splitlines()
    names = lines[0].split(",")
    assert len(events) == len(lines) - 1
    assert sum(event.outcome or 0 for event in events) == sum(line.endswith(",1") for line in lines)
    for event, line in zip(events, lines[1:], strict=True):
        sent = features(event)
        assert list(sent) == names[:-1]
        for name, text in zip(names[:-1], line.split(","), strict=False):
            match sent[name]:
                case bool(value):
                    assert text == str(value).upper()
                case int(value) | float(value):
                    assert value == float(text)
                case value:
                    assert value == text
    first = features(events[0])
    assert (first["Weekend"], first["Month"], type(first["Administrative"])) == (False, "Feb", int)
