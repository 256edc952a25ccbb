"""Mutants of what is counted for drift, and of how it is written. As in mutants.py, and registered there."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import serving.drift as drift
from evaluation.sampling import Sample
from model_store.release import CHAMPION
from scorer.pipeline import Pipeline
from serving.drift import DriftWatch
from sinks.delivery import SinkDelivery
from tests.simulation.mutants import mutant, patched


@mutant
def count_a_batch_that_failed() -> Iterator[None]:
    """Rows that are delivered again are counted each time."""
    of_failed: list[Any] = []

    def deliver(original: Any) -> Any:
        def wrong(self: SinkDelivery, outcome: Any, now: float, deadline: Any) -> Any:
            delivered = original(self, outcome, now, deadline)
            of_failed[:] = (now, deadline) if delivered.failed else ()
            return delivered

        return wrong

    def count(original: Any) -> Any:
        def wrong(self: Pipeline, outcome: Any) -> None:
            original(self, outcome)
            if of_failed and self._drift:
                self._drift.count(outcome.tables, *of_failed)

        return wrong

    with ExitStack() as stack:
        stack.enter_context(patched(SinkDelivery, "deliver", deliver))
        stack.enter_context(patched(Pipeline, "_count_missing", count))
        yield


@mutant
def count_each_row_twice() -> Iterator[None]:
    """A batch is counted twice."""

    def make(count: Any) -> Any:
        def wrong(self: DriftWatch, table: Any, now: float) -> None:
            count(self, table, now)
            count(self, table, now)

        return wrong

    with patched(DriftWatch, "_count", make):
        yield


@mutant
def count_the_champion_alone() -> Iterator[None]:
    """The challenger's rows are left out."""

    def make(count: Any) -> Any:
        return lambda self, table, now: count(self, table, now) if table.variant.name == CHAMPION else None

    with patched(DriftWatch, "_count", make):
        yield


@mutant
def give_each_row_the_weight_of_one() -> Iterator[None]:
    """One of eight rows is counted, and stands for itself alone."""
    with patched(Sample, "add", lambda add: lambda self, stride, *columns: add(self, 1, *columns)):
        yield


@mutant
def keep_counts_that_were_written() -> Iterator[None]:
    """What was written is in the next object too."""

    def make(write: Any) -> Any:
        def wrong(self: DriftWatch, deadline: Any) -> None:
            before = dict(self._counts)
            write(self, deadline)
            self._counts = before

        return wrong

    with patched(DriftWatch, "_write", make):
        yield


@mutant
def drop_counts_that_were_not_written() -> Iterator[None]:
    """A write that failed counts as one that succeeded."""
    with patched(DriftWatch, "_put", lambda put: lambda self, counts: put(self, counts) or True):
        yield


@mutant
def name_all_counts_of_a_container_alike() -> Iterator[None]:
    """The number in the key stays: a container writes over what it wrote."""

    def make(put: Any) -> Any:
        def wrong(self: DriftWatch, counts: Any) -> Any:
            written = put(self, counts)
            self._written = 0
            return written

        return wrong

    with patched(DriftWatch, "_put", make):
        yield


@mutant
def wait_with_the_first_counts() -> Iterator[None]:
    """The first counts are written after the interval: a container that ends before leaves none."""

    def make(write: Any) -> Any:
        def wrong(self: DriftWatch, deadline: Any) -> None:
            if self._written:
                write(self, deadline)

        return wrong

    with patched(DriftWatch, "_write", make):
        yield


@mutant
def fail_a_batch_whose_counts_were_not_written() -> Iterator[None]:
    """What should be a line in the log is raised, after the batch was published."""

    class Raising:
        def warning(self, *_: object) -> None:
            raise RuntimeError("the counts were not written")

    with patched(drift, "LOG", lambda _: Raising()):
        yield
