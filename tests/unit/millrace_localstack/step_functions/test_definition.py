import json
from typing import Any

import pytest

from millrace_localstack.plugin.step_functions.definition import fields, rewritten


def a_map(**fields: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "A", "States": {}}
    return {"Type": "Map", "ItemProcessor": processor, **fields}


def machine(**states: Any) -> str:
    return json.dumps({"StartAt": "Each", "States": states})


def each(definition: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state Each as it is parsed, and what was taken out of it."""
    state = json.loads(rewritten(definition))["States"]["Each"]
    return state, fields(state["Comment"])


def test_what_the_grammar_does_not_know_is_taken_out() -> None:
    reader = {"ReaderConfig": {"InputType": "JSONL", "MaxItems": 5}}
    writer = {"Resource": "r", "WriterConfig": {"OutputType": "JSON"}}
    batcher = {"MaxItemsPerBatch": 10}
    state, taken = each(machine(Each=a_map(ItemBatcher=batcher, ItemReader=reader, ResultWriter=writer)))

    assert taken["ItemBatcher"] == batcher
    assert taken["ReaderConfig"] == {"InputType": "JSONL"}
    assert taken["WriterConfig"] == {"OutputType": "JSON"}
    assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSON", "MaxItems": 5}
    assert state["ResultWriter"] == {"Resource": "r"}
    assert "ItemBatcher" not in state


def test_a_comment_of_the_states_own_is_no_field() -> None:
    assert fields("scores the rows") == {}


@pytest.mark.parametrize(
    ("given", "tolerates"),
    [
        ({}, []),
        ({"ToleratedFailurePercentage": 5}, ["ToleratedFailurePercentage"]),
        ({"ToleratedFailureCountPath": "$.n"}, ["ToleratedFailureCount"]),
    ],
)
def test_the_thresholds_that_were_given_are_known(given: dict[str, Any], tolerates: list[str]) -> None:
    state, taken = each(machine(Each=a_map(**given)))
    assert taken["Tolerates"] == tolerates
    assert isinstance(state.get("ToleratedFailurePercentage", 0.0), float)


def test_maps_within_branches_and_maps_are_found() -> None:
    inner = json.loads(machine(Each=a_map(ItemBatcher={"MaxItemsPerBatch": 2})))
    outer = {"Type": "Map", "ItemProcessor": {"States": {"Both": {"Type": "Parallel", "Branches": [inner]}}}}
    state = json.loads(rewritten(machine(Outer=outer)))["States"]["Outer"]
    found = state["ItemProcessor"]["States"]["Both"]["Branches"][0]["States"]["Each"]
    assert fields(found["Comment"])["ItemBatcher"] == {"MaxItemsPerBatch": 2}


@pytest.mark.parametrize("definition", ["no JSON", "[]", '{"States": {"A": {"Type": "Pass"}}}'])
def test_other_definitions_are_left_as_they_are(definition: str) -> None:
    assert rewritten(definition) == definition


def test_a_batcher_without_a_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="MaxItemsPerBatch"):
        rewritten(machine(Each=a_map(ItemBatcher={"BatchInput": {}})))
