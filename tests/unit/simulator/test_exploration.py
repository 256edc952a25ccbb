"""Every path of choices is taken once, in order, within the bounds; and the world obeys them."""

from functools import partial
from typing import Any

import pytest

from simulator import (
    Choices,
    ChosenFaults,
    Function,
    FunctionFaults,
    KinesisClient,
    NotDeterministic,
    World,
    explore,
)
from simulator.exploration import Kind


def paths(*offers: tuple[Kind, int], bounds: dict[Kind, int] | None = None) -> list[tuple[int, ...]]:
    seen: list[tuple[int, ...]] = []
    explored = explore(lambda choices: seen.append(tuple(choices.choose(*offer) for offer in offers)), bounds)
    assert explored.complete
    assert explored.runs == len(seen) == len(set(seen))
    return seen


def test_all_paths() -> None:
    assert paths(("order", 2), ("fault", 3)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_a_bound_leaves_out_what_departs_more_often() -> None:
    fault: tuple[Kind, int] = ("fault", 2)
    assert paths(*[fault] * 3, bounds={"fault": 1}) == [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)]
    assert len(paths(*[fault] * 6, bounds={"fault": 2})) == 1 + 6 + 15


def test_what_a_bound_leaves_out_is_counted() -> None:
    explored = explore(lambda choices: [choices.choose("fault", 2) for _ in range(3)], {"fault": 1})
    assert explored.cut == {"fault": 2 + 1}


def test_a_budget_ends_it_and_says_what_is_left() -> None:
    explored = explore(lambda choices: [choices.choose("order", 3) for _ in range(2)], most_runs=1)
    assert (explored.runs, explored.complete, explored.left) == (1, False, 4)


def test_a_failure_says_its_path() -> None:
    def run(choices: Choices) -> None:
        assert [choices.choose("order", 2), choices.choose("order", 2)] != [1, 0]

    with pytest.raises(AssertionError) as caught:
        explore(run)
    assert caught.value.__notes__ == ["path (1, 0), run 3"]


def test_a_run_that_depends_on_something_else_is_noticed() -> None:
    options = iter((3, 2))
    with pytest.raises(NotDeterministic):
        explore(lambda choices: choices.choose("order", next(options)))


def test_actions_due_together_run_in_every_order_and_others_in_theirs() -> None:
    orders = []

    def run(choices: Choices) -> None:
        world, order = World(choices=choices), list[str]()
        for delay, name in ((0.0, "a"), (0.4, "b"), (0.8, "c"), (5.0, "later")):
            world.after(delay, lambda name=name: order.append(name))  # type: ignore[misc]
        world.run()
        orders.append("".join(order))

    explore(run)
    assert sorted(orders) == sorted(f"{word}later" for word in ("abc", "acb", "bac", "bca", "cab", "cba"))


def test_time_never_goes_back_for_what_is_late() -> None:
    def run(choices: Choices) -> None:
        world, times = World(choices=choices), list[float]()
        for delay in (0.0, 0.5):
            world.after(delay, lambda: times.append(world.now))
        world.run()
        assert times == sorted(times)

    explore(run)


def test_each_fault_at_each_call() -> None:
    """Of two calls, one entry each: what was committed, and how the invocation ended."""
    seen = []

    def run(choices: Choices) -> None:
        world, committed = World(choices=choices), list[bytes]()
        client = KinesisClient(world, lambda _, __, body: committed.append(body), faults=ChosenFaults(choices=choices))

        def handle(event: Any, context: Any) -> Any:
            for data in (b"1", b"2"):
                if client.put_records(Records=[{"Data": data, "PartitionKey": "key"}])["FailedRecordCount"]:
                    return "refused"
            return "done"

        outcomes: list[Any] = []
        Function(world, lambda: handle, faults=FunctionFaults(recycle=0)).invoke({}, outcomes.append)
        world.run()
        seen.append((b"".join(committed).decode(), outcomes[0].status, outcomes[0].response))

    explored = explore(run, {"fault": 1})
    assert explored.complete
    assert sorted(map(str, seen)) == sorted(
        map(
            str,
            [
                ("12", "returned", "done"),
                # killed before the first call, between the calls, before the response was seen
                ("", "killed", None), ("1", "killed", None), ("12", "killed", None),
                # throttled, and lost before the commit
                ("", "raised", None), ("", "raised", None), ("1", "raised", None), ("1", "raised", None),
                # lost after the commit
                ("1", "raised", None), ("12", "raised", None),
                # the entry refused
                ("", "returned", "refused"), ("1", "returned", "refused"),
            ],
        )
    )  # fmt: skip


def test_what_is_cancelled_is_no_choice() -> None:
    orders: list[list[str]] = []

    def run(choices: Choices) -> None:
        world, order = World(choices=choices), list[str]()
        orders.append(order)
        numbers = [world.after(0.1, partial(order.append, name)) for name in "abc"]
        world.cancel(numbers[2])
        world.run()

    assert explore(run).complete
    assert orders == [["a", "b"], ["b", "a"]]
