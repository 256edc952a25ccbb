import polars as pl
import pytest

from millrace.errors import UserError
from millrace.replay.columns import conformed, unfit
from model_store.feature import Feature

NUMBER, WHOLE, TRUTH = Feature("x", "float"), Feature("x", "int"), Feature("x", "bool")
CODE = Feature("x", "category", categories=("1", "2", "true"))


@pytest.mark.parametrize(
    ("values", "feature", "expected"),
    [
        (["1", None, "2.5"], NUMBER, [1.0, None, 2.5]),
        (["1", "2"], WHOLE, [1, 2]),
        ([1.0, None, 3.0], WHOLE, [1, None, 3]),
        ([1.5], WHOLE, [1.5]),
        ([1e30, None, 2.0], WHOLE, [1e30, None, 2.0]),
        ([1, 0, None], TRUTH, [True, False, None]),
        ([1.0, 0.0, None], TRUTH, [True, False, None]),
        (["1", "0"], TRUTH, [True, False]),
        (["TRUE", "false"], TRUTH, [True, False]),
        ([1.0, 2.0, None], CODE, ["1", "2", None]),
        ([1.5], CODE, ["1.5"]),
        ([1e30, None], CODE, ["1e+30", None]),
        ([True], CODE, ["true"]),
    ],
)
def test_a_column_has_the_type_that_the_model_reads(
    values: list[object], feature: Feature, expected: list[object]
) -> None:
    found = conformed(pl.Series("x", values), feature).to_list()
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


@pytest.mark.parametrize(
    ("values", "feature", "message"),
    [
        (["1", "NA"], NUMBER, "expected numbers, which the model reads there, got 'NA': --null"),
        (["1", "inf"], NUMBER, "expected numbers, which the model reads there, got "),
        (["yes"], TRUTH, "expected true and false, which the model reads there, got 'yes'"),
        (["2", "0"], TRUTH, "expected true and false, which the model reads there, got '2'"),
    ],
)
def test_texts_that_would_all_be_quarantined_are_refused(values: list[object], feature: Feature, message: str) -> None:
    with pytest.raises(UserError, match=message):
        conformed(pl.Series("x", values), feature)


def test_what_will_be_quarantined_is_noted() -> None:
    assert unfit(pl.Series("x", [1.0, None]), NUMBER) == ""
    required = Feature("x", "float", allow_missing=False)
    assert unfit(pl.Series("x", [1.0, None]), required) == "column 'x': 1 without a value, which the model requires"
    texts = pl.Series("x", ["1", "b", "c", "b", None])
    assert unfit(texts, CODE).startswith("column 'x': 3 with a category that the model does not know, such as 'b'; ")
    rows = Feature("rows", "category", categories=("1",))
    assert unfit(texts.alias("rows"), rows).startswith("column 'rows': 3 with a category ")
    lenient = Feature("x", "category", categories=("1",), unknown_category="missing")
    assert unfit(texts, lenient) == ""
