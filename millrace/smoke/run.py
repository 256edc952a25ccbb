"""The parts of a smoke test, one after the other; each yields what was found."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence

from millrace import sources
from millrace.accounting.failures import Failures
from millrace.accounting.identity import by_id
from millrace.accounting.settle import Settlement
from millrace.errors import UserError
from millrace.model import catalogue
from millrace.redrive import ON_FAILURE, Selection
from millrace.redrive.stack import for_stack
from millrace.replay import send
from millrace.smoke import golden_events
from millrace.smoke.notification import alarm_is_sent
from millrace.smoke.other_version import serving
from millrace.smoke.scored import ScoredEvents, scored
from millrace.stack import Stack
from stream_producers.pace import Pace
from stream_producers.receipts import Receipt

LOOK_EVERY_SECONDS = 2.0
# No sink has this type: the scorer refuses its configuration, and each invocation fails.
BROKEN = {"PREDICTION_SINK_TYPE": "broken-by-millrace-smoke"}


class Smoke:
    """A smoke test of a deployed stack, in which a version is released.

    count : events to each source. patience : seconds that each part may take.
    """

    def __init__(self, stack: Stack, *, count: int, patience: float) -> None:
        self._stack, self._count, self._patience = stack, count, patience
        self._run = f"smoke-{uuid.uuid4().hex[:12]}"
        self._began = time.time() - 1.0  # arrival times are the service's
        store = stack.model_store()
        self._manifest, _ = store.manifest(catalogue.released(store).champion.version)
        self._settlement = Settlement(stack)
        self._receipts: list[Receipt] = []
        deployed = sources.deployed(stack.outputs).items()
        # Those that take events from here.
        self._tried = [name for name, (part, output) in deployed if part.target(output, stack.client) is not None]

    def run(self, *, fail: bool) -> Iterator[str]:
        """A line for each part that is done. Raises UserError for what did not happen. `fail`: force a failure too."""
        with scored(self._stack, self._settlement, f"{self._run}-sink", self._began, self._patience) as found:
            if found.method:
                yield found.method
            yield from self._events(found)
            if fail:
                yield from self._failure(found)
            yield f"counts: {found.counts(self._receipts)}"
        yield f"alarm {alarm_is_sent(self._stack, self._run, self._deadline())} was sent to the topic"
        yield self._log()
        if left := sorted(sources.deployed(self._stack.outputs).keys() - set(self._tried)):
            yield f"not tried, as they take no events from here: {', '.join(left)}"

    def _events(self, found: ScoredEvents) -> Iterator[str]:
        for name in self._tried:
            sent = self._send(name, self._count)
            found.wait(sent)
            yield f"{name}: sent {len(sent)}, predicted {len(sent)}"

    def _failure(self, found: ScoredEvents) -> Iterator[str]:
        """One event that Lambda discards after the last retry, and that a redrive brings back."""
        if (name := _retried(self._stack, self._tried)) is None:
            yield "no source keeps what failed in the failure store: no failure was forced"
            return
        with serving(self._stack.client("lambda"), self._stack.outputs["scorer"], BROKEN):
            sent = self._send(name, 1)
            self._discarded(sent)
        yield f"{name}: 1 event failed, and is in the failure store"
        redrive, ours = for_stack(self._stack), Selection(origins=frozenset({ON_FAILURE}), since=self._began)
        expired = self._deadline()
        while not redrive.run(ours).complete and not expired():
            time.sleep(LOOK_EVERY_SECONDS)
        found.wait(sent)
        yield f"{name}: it was redriven, and predicted"

    def _log(self) -> str:
        group = self._stack.outputs["scorer"]["log_group"]
        streams = self._stack.client("logs").describe_log_streams(logGroupName=group, limit=1)["logStreams"]
        if not streams:
            raise UserError(f"expected a log stream in {group}, got none; see the policy `logs` of the scorer's role")
        return f"log: {group} has {streams[0]['logStreamName']}"

    def _send(self, name: str, count: int) -> list[Receipt]:
        events = golden_events.events(self._manifest, f"{self._run}-{len(self._receipts)}", count)
        report, sent = send.send(events, send.target(self._stack, name), Pace(), lambda report: None)
        if report.failed:
            raise UserError(f"{name}: expected {count} events to be accepted, got {report.failed} failures")
        self._receipts += sent
        return sent

    def _discarded(self, sent: Sequence[Receipt]) -> None:
        wanted = by_id(sent, self._stack.outputs["model"]["name"]).keys()
        failures, expired = Failures(self._stack), self._deadline()
        while not expired():
            failures.add_to(self._settlement.found)
            if wanted <= self._settlement.found.on_failure:
                return
            time.sleep(LOOK_EVERY_SECONDS)
        raise UserError(
            f"expected the event in the failure store within {self._patience:g} s, got nothing; it arrives after the "
            "last retry (maximum_retry_attempts): allow more with --patience"
        )

    def _deadline(self) -> Callable[[], bool]:
        end = time.monotonic() + self._patience
        return lambda: time.monotonic() > end


def _retried(stack: Stack, tried: Sequence[str]) -> str | None:
    """The first of these sources whose mapping discards after a number of attempts, into the failure store."""
    deployed = sources.deployed(stack.outputs)
    return next((name for name in tried if "maximum_retry_attempts" in (deployed[name][1]["mapping"] or {})), None)
