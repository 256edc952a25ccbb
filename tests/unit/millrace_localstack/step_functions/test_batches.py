import json

import pytest

from millrace_localstack.plugin.step_functions.batches import MAX_INPUT_BYTES, batches, filled


def look(path: str) -> object:
    return {"$.run": "r1", "$.size": 2, "$.none": "x"}[path]


def test_batches_have_up_to_the_items_that_are_allowed() -> None:
    made = batches(list(range(5)), {"MaxItemsPerBatch": 2}, look)
    assert made == [{"Items": [0, 1]}, {"Items": [2, 3]}, {"Items": [4]}]


def test_a_limit_may_be_in_the_states_input() -> None:
    assert len(batches(list(range(4)), {"MaxItemsPerBatchPath": "$.size"}, look)) == 2


@pytest.mark.parametrize("room", [100, MAX_INPUT_BYTES])
def test_no_batch_is_larger_than_its_bytes(room: int) -> None:
    items = ["ä" * 20] * 20_000
    made = batches(items, {"MaxInputBytesPerBatch": room, "BatchInput": {"run.$": "$.run"}}, look)
    sizes = [len(json.dumps(batch, separators=(",", ":"), ensure_ascii=False).encode()) for batch in made]
    assert max(sizes) <= room
    assert sum(len(batch["Items"]) for batch in made) == len(items)


def test_the_size_of_a_batch_is_bounded_also_without_a_limit_in_bytes() -> None:
    assert len(batches(["x" * 1000] * 1000, {"MaxItemsPerBatch": 1000}, look)) > 1


def test_the_batches_input_is_filled() -> None:
    assert filled({"run.$": "$.run", "deep": [{"n.$": "$.size"}], "text": "$.run"}, look) == {
        "run": "r1",
        "deep": [{"n": 2}],
        "text": "$.run",
    }


@pytest.mark.parametrize(
    "limit", [{"MaxItemsPerBatch": 0}, {"MaxItemsPerBatch": True}, {"MaxItemsPerBatchPath": "$.none"}]
)
def test_a_limit_is_a_positive_whole_number(limit: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="positive whole number"):
        batches([1], limit, look)
