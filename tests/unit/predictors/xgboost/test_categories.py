import copy
from array import array

import pytest

from predictors.xgboost import categories

KEPT = {
    "enc": [
        {"offsets": array("i"), "values": array("b")},
        {"offsets": array("i", [0, 6, 9]), "values": array("b", [116, 97, 98, 108, 101, 116, 121, -61, -87])},
        {"type": 15, "values": array("q", [30, -10, 20])},
    ],
    "feature_segments": array("i", [0, 0, 2, 5]),
    "sorted_idx": array("i", [1, 0, 1, 2, 0]),
}


def test_texts_and_integers_are_read_in_the_order_of_their_codes():
    assert categories.names(KEPT, 3) == [(), ("tablet", "yé"), ("30", "-10", "20")]


@pytest.mark.parametrize("kept", [{}, {"enc": [], "feature_segments": [], "sorted_idx": []}], ids=["absent", "empty"])
def test_a_model_that_keeps_none_has_none(kept):
    assert categories.names(kept, 3) == []


def test_the_order_by_name_may_not_be_made_yet():
    assert categories.names(KEPT | {"sorted_idx": []}, 3)[1] == ("tablet", "yé")


def damaged(path, value):
    kept = copy.deepcopy(KEPT)
    target = kept
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return kept


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["enc"], KEPT["enc"][:2], "an entry for each of 3 features, got 2"),
        (["enc"], [], "no segments and no order"),
        (["enc", 1, "offsets"], [1, 6, 9], "feature 1: expected offsets that rise from 0 to 9"),
        (["enc", 1, "offsets"], [0, 6, 8], "feature 1: expected offsets"),
        (["enc", 1, "offsets"], [0, 9, 6, 9], "feature 1: expected offsets"),
        (["enc", 1, "offsets"], [], "feature 1: expected offsets"),
        (["enc", 1, "offsets"], [0, 0, 0, 9], "each category once"),
        (["enc", 1, "offsets"], [0, 6.0, 9], "integers"),
        (["enc", 1, "values"], [200] * 9, "signed bytes"),
        (["enc", 1, "values"], [-1] * 9, "codec"),
        (["enc", 1, "values"], [None] * 9, "integers"),
        (["enc", 2, "values"], [30, 30, 20], "feature 2: expected each category once"),
        (["enc", 2, "values"], [30, 1.5, 20], "feature 2: expected integers"),
        (["enc", 2, "type"], "15", "feature 2: expected integers"),
        (["feature_segments"], [0, 0, 2, 6], "feature_segments"),
        (["feature_segments"], [0, 2, 5], "feature_segments"),
        (["sorted_idx"], [1, 0, 1, 2, 3], "sorted_idx to have each code below 3 once"),
        (["sorted_idx"], [1, 0, 1, 2], "sorted_idx to have each code below 3 once"),
        (["sorted_idx"], [1, 0, 1, 2, 0, 0], "end with the last feature, got 1 more"),
        (["sorted_idx"], [1, 0, True, 2, 0], "integers"),
    ],
)
def test_damage_is_a_value_error(path, value, message):
    with pytest.raises(ValueError, match=message):
        categories.names(damaged(path, value), 3)
