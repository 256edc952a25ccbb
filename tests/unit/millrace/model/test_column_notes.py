"""What most likely is not meant in a table's columns."""

import polars as pl
import pytest

from millrace.model.column_notes import notes

NUMBERS = [f"{number / 7:.3f}" for number in range(40)]


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (["NA"], "--null NA"),
        (["NaN", "nan", "inf"], "--null NaN --null inf --null nan"),
        (["#N/A", "-", "?", "null"], "--null '#N/A' --null - --null '?' --null null"),
    ],
)
def test_texts_among_numbers_are_named_with_the_options_that_read_them_as_missing(
    texts: list[str], options: str
) -> None:
    (note,) = notes([pl.Series("a", [*NUMBERS, *texts])])
    assert note.startswith(f"column 'a' has {', '.join(map(repr, sorted(texts)))} among numbers: {options} ")


@pytest.mark.parametrize("text", ["NA", "n/a", "None", "nan", "-"])
def test_a_stand_in_for_null_among_texts_is_named(text: str) -> None:
    (note,) = notes([pl.Series("c", ["x", "y"] * 20 + [text])])
    assert note == f"column 'c' has {text!r} as a category: --null {text} reads it as missing"


@pytest.mark.parametrize("dates", [["2024-01-31", "2024-02-01"], ["31.01.2024"], ["2024-01-01 00:00:00"], ["1/31/24"]])
def test_dates_are_named_as_what_new_events_do_not_share(dates: list[str]) -> None:
    (note,) = notes([pl.Series("when", dates * 30)])
    assert note == (
        "column 'when' has dates, each a category of its own, which those of new events are not: "
        "leave it out with --drop when"
    )


@pytest.mark.parametrize("values", [["x", "y", "z"] * 20, ["1", "a", "b"] * 20, ["00501", "94110"] * 20, [None] * 3])
def test_ordinary_categories_need_no_note(values: list[str | None]) -> None:
    assert not list(notes([pl.Series("c", values, dtype=pl.String)]))
