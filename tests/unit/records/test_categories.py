import pytest

from records.categories import CategoryCodes, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.0", "1.0"), (1, "1"), (1.0, "1"), (-0.0, "0"), (1e20, "1" + "0" * 20), (2.25, "2.25"), (True, "true")],
)
def test_a_scalar_is_one_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("categories", "value", "code"),
    [
        (("10001", "60601"), 60601, 1.0),
        (("10001", "60601"), 60601.0, 1.0),
        (("10001", "60601"), "60601", 1.0),
        (("10001", "60601"), 7, None),
        (("0.5", "1.0"), 1, 1.0),
        (("1.0", "1"), 1.0, 1.0),
        (("1", "1.0"), 1.0, 0.0),
        (("1", "1.0"), "1.0", 1.0),
        (("9007199254740993",), 9007199254740993, 0.0),
        (("9007199254740993",), 9007199254740992, None),
        (("False", "True"), True, 1.0),
        (("false", "true", "1"), 1, 2.0),
        (("007", "8"), 7, None),
        (("a",), "b", None),
    ],
)
def test_a_scalar_is_the_category_of_its_text_or_its_number(categories, value, code):
    assert CategoryCodes(categories).of(value) == code


@pytest.mark.parametrize(
    ("categories", "value"),
    [(("a", "b"), 1), (("a", "b"), True), (("1", "2"), True), (("true", "false"), 1), (("1",), [1]), (("1",), {})],
)
def test_a_scalar_of_a_type_that_no_category_has_is_refused(categories, value):
    with pytest.raises(TypeError, match="expected a string"):
        CategoryCodes(categories).of(value)


@pytest.mark.parametrize(
    ("text", "code"), [("3", 0.0), ("3.0", 0.0), ("true", 1.0), ("TRUE", 1.0), ("4", None), ("x", None)]
)
def test_text_may_be_a_number_or_a_boolean_where_it_is_accepted(text, code):
    assert CategoryCodes(("3", "true")).of_text(text) == code
