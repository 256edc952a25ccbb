"""How a smoke test finds that its events were scored: by reading the sink, else by the scorer's log."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from millrace import sinks
from millrace.accounting.settle import Settlement
from millrace.accounting.sink_reader import SinkReader
from millrace.errors import UserError
from millrace.sinks.operations import PredictionReader
from millrace.stack import Stack
from millrace.watch.sources.log import LogReader
from millrace.watch.updates import Logged
from stream_producers.receipts import Receipt
from telemetry.metrics import PREDICTIONS

LOOK_EVERY_SECONDS = 2.0


class ScoredEvents(Protocol):
    """method : how it finds out, for a line of the smoke test's; empty: the usual way."""

    method: str

    def wait(self, sent: Sequence[Receipt]) -> None:
        """Wait until events that were just sent are predicted. Raises UserError where some are not."""

    def counts(self, sent: Sequence[Receipt]) -> str:
        """What became of all events of the run."""


@contextmanager
def scored(stack: Stack, settlement: Settlement, name: str, began: float, patience: float) -> Iterator[ScoredEvents]:
    """name : of what is made to read the sink. began : seconds since the epoch. patience : seconds without news."""
    part, output = sinks.deployed(stack.outputs)[sinks.PREDICTION_SINK]
    with part.observer(output, stack.client, name) as reader:
        if reader is None:
            yield ScoredByLog(stack, f"{part.name} is not read, as {part.unread}", began, patience)
        else:
            with _reading(stack, settlement, reader) as check:
                yield ScoredBySink(stack, settlement, check, patience)


@contextmanager
def _reading(stack: Stack, settlement: Settlement, reader: PredictionReader) -> Iterator[Callable[[], None]]:
    with SinkReader(stack, settlement.add, reader=reader) as reading:
        yield reading.check


class ScoredBySink:
    """Each event is looked for by its prediction id. check : raises what ended the reading."""

    method = ""

    def __init__(self, stack: Stack, settlement: Settlement, check: Callable[[], None], patience: float) -> None:
        self._name, self._settlement, self._check, self._patience = stack.name, settlement, check, patience

    def wait(self, sent: Sequence[Receipt]) -> None:
        account = self._settlement.wait(sent, check=self._check, patience=self._patience)
        if account.predictions != len(sent):
            raise UserError(
                f"expected {len(sent)} predictions within {self._patience:g} s without news, got {account.predictions} "
                f"(quarantined {dict(account.quarantined)}, in the failure store {account.on_failure}, nowhere "
                f"{len(account.unaccounted)}); see `millrace doctor --stack {self._name}`"
            )

    def counts(self, sent: Sequence[Receipt]) -> str:
        found = self._settlement.wait(sent, check=self._check, patience=self._patience)
        return f"sent {len(sent)}, predicted {found.predictions}, duplicates {found.duplicates}"


class ScoredByLog:
    """The scorer's log counts what it published, without ids: events of others count too."""

    def __init__(self, stack: Stack, why: str, began: float, patience: float) -> None:
        scorer = stack.outputs["scorer"]
        self.method = f"{why}: predictions are counted in {scorer['log_group']}, those of other events too"
        self._log = LogReader(stack.client("logs"), scorer["log_group"], scorer["function_name"], began)
        self._name, self._patience = stack.name, patience
        self._sent, self._published = 0, 0

    def wait(self, sent: Sequence[Receipt]) -> None:
        self._sent += len(sent)
        before, end = self._published, time.monotonic() + self._patience
        while self._published < self._sent:
            self._log(self._add)
            if self._published > before:
                before, end = self._published, time.monotonic() + self._patience
            elif time.monotonic() > end:
                raise UserError(
                    f"expected {self._sent} predictions in the scorer's log within {self._patience:g} s without news, "
                    f"got {self._published}; see `millrace doctor --stack {self._name}`"
                )
            if self._published < self._sent:
                time.sleep(LOOK_EVERY_SECONDS)

    def counts(self, sent: Sequence[Receipt]) -> str:
        return f"sent {len(sent)}, predicted {self._published} with those of other events"

    def _add(self, logged: Logged) -> None:
        self._published += int(sum(invocation.metric(PREDICTIONS) for invocation in logged.invocations))
