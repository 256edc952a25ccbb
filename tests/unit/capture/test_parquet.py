"""Files that other programs read: Polars is one that has no code of ours."""

import io
from array import array

import polars as pl
import pytest

from capture.parquet import FLOAT, TEXT, ParquetColumn, written

WIDE = 40  # columns: more than a short list of Thrift's has room for


def read(columns, rows, notes=None):
    return pl.read_parquet(io.BytesIO(written(columns, rows, notes or {})))


def floats(*values):
    return array("f", values).tobytes()


@pytest.mark.parametrize("random", [True, False])
def test_text_and_numbers_are_read_as_they_were_written(random):
    texts = ["", "plain", 'say "ü" 🌊', "a" * 300]
    columns = [
        ParquetColumn(("key",), TEXT, texts, random),
        ParquetColumn(("score",), FLOAT, floats(0.1, -2.5, 3e38, 0), random),
    ]
    found = read(columns, 4)
    assert found["key"].to_list() == texts
    assert found["score"].dtype == pl.Float32
    assert found["score"].to_list() == array("f", [0.1, -2.5, 3e38, 0]).tolist()


def test_a_missing_number_is_nan_and_not_null():
    found = read([ParquetColumn(("score",), FLOAT, floats(1.0, float("nan")))], 2)
    assert found["score"].is_nan().to_list() == [False, True]


def test_columns_of_a_group_are_a_struct():
    columns = [
        ParquetColumn(("id",), TEXT, ["a", "b"]),
        ParquetColumn(("features", "x"), FLOAT, floats(1, 2)),
        ParquetColumn(("features", "a.b"), TEXT, ["c", "d"]),
        ParquetColumn(("score",), FLOAT, floats(3, 4)),
    ]
    found = read(columns, 2)
    assert found.columns == ["id", "features", "score"]
    assert found["features"].to_list() == [{"x": 1.0, "a.b": "c"}, {"x": 2.0, "a.b": "d"}]


def test_there_may_be_many_columns_and_many_rows():
    rows = 3_000
    columns = [ParquetColumn(("f", f"c{i}"), FLOAT, floats(*[i + row for row in range(rows)])) for i in range(WIDE)]
    found = read(columns, rows).unnest("f")
    assert found.shape == (rows, WIDE)
    assert found["c39"].sum() == sum(39 + row for row in range(rows))


def test_a_file_has_notes():
    body = written([ParquetColumn(("id",), TEXT, ["a"])], 1, {"millrace.model": "sessions"})
    assert pl.read_parquet_metadata(io.BytesIO(body))["millrace.model"] == "sessions"


def test_a_lone_surrogate_does_no_harm():
    assert read([ParquetColumn(("key",), TEXT, ["a\ud800"])], 1)["key"].to_list() == ["a\\ud800"]


def test_an_id_with_half_a_pair_is_the_text_that_the_evaluator_keeps():
    """Or its outcomes would belong to no captured row."""
    from outcomes.collected import CollectedPrediction
    from tests.fakes.evaluation import prediction

    kept = CollectedPrediction.read(prediction("p", event_id="e\ud800"), "sessions").event_id
    assert read([ParquetColumn(("event_id",), TEXT, ["e\ud800"])], 1)["event_id"].to_list() == [kept]
