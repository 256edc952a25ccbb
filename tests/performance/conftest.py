"""Budgets of ratios and of instruction counts: what is compared runs here, in turns, so that the machine cancels out.

They use the benchmarks' own code. A noisy machine gets a second try; none of them looks at an absolute time.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks.aws import Aws
from benchmarks.workload import Size, Workload

ROUNDS = 7
# Smaller than the benchmarks' own, as it is trained anew.
TREES = 100


@pytest.fixture(scope="session")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return Workload(Size(trees=TREES), tmp_path_factory.mktemp("workloads")).make()


@pytest.fixture(scope="session")
def aws(workload: Workload, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The benchmarks' stub of AWS, with the workload's model released."""
    with Aws(tmp_path_factory.mktemp("buckets")) as aws:
        aws.release(workload)
        yield aws


@pytest.fixture
def native() -> Any:
    """The native engine; skips, with the reason, where it was not built."""
    import native

    if native.NATIVE is None:
        pytest.skip(f"the native engine was not built: {native.MISSING}")
    return native.NATIVE


@pytest.fixture
def times(record_property: Callable[[str, object], None]) -> Callable[..., float]:
    """How many times the CPU time of `fast` does `slow` take: the best of each, of rounds in which they take turns.

    enough : where the first try gives less, or `at_most` more, there is a second one.
    """

    def measure(
        what: str,
        slow: Callable[[], object],
        fast: Callable[[], object],
        *,
        enough: float = 0.0,
        at_most: float = float("inf"),
    ) -> float:
        ratio = _ratio(slow, fast)
        if not enough <= ratio <= at_most:
            again = _ratio(slow, fast)
            ratio = max(ratio, again) if ratio < enough else min(ratio, again)
        record_property("figures", f"{what}: {ratio:.2f} times")
        return ratio

    return measure


def _ratio(slow: Callable[[], object], fast: Callable[[], object]) -> float:
    slow(), fast()
    taken = [(_seconds(slow), _seconds(fast)) for _ in range(ROUNDS)]
    return min(first for first, _ in taken) / min(second for _, second in taken)


def _seconds(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun
