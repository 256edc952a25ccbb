"""The operators' part of EventBridge as a prediction sink: its rules pass predictions on, a smoke test's among them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.errors import UserError
from millrace.services import events, sqs
from millrace.services.quota import Quota
from millrace.services.temporary_queue import TemporaryQueue, matched
from millrace.sinks.operations import Outputs, PredictionReader, SinkOperations
from millrace.sinks.queue_reader import QueuePredictionReader
from sinks.eventbridge import DETAIL_TYPE, SOURCE

# Events that show that a new rule passes events on; no rule for predictions matches them.
PROBE_SOURCE, PROBE_TYPE = "millrace.probe", "Probe"
PATTERN = {"source": [SOURCE, PROBE_SOURCE], "detail-type": [DETAIL_TYPE, PROBE_TYPE]}
RULE_SECONDS = 120.0


class EventBridgeSinkOperations(SinkOperations):
    name = "eventbridge"
    resource = events.RESOURCE
    charges = (events.puts("one a prediction, for each 64 KB"),)
    entries = 10
    quota = Quota("EventBridge", "PutEvents throttle limit in transactions per second", 10_000)
    unread = ""

    def address(self, output: Outputs) -> str:
        address: str = output["target"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return events.check(place, name, events.bus(ask, output["name"]))

    @contextmanager
    def observer(self, output: Outputs, client: Callable[[str], Any], name: str) -> Iterator[PredictionReader]:
        """A queue that a rule of the bus sends predictions to, once the rule does. Raises UserError."""
        bus, put = output["name"], client(events.SERVICE)
        with matched(client(sqs.SERVICE), put, name, bus, PATTERN) as queue:
            _wait_for_rule(put, bus, queue, name)
            yield QueuePredictionReader(DetailQueue(queue))

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader | None:
        return None


class DetailQueue:
    """The details of the events in a queue, without probes."""

    def __init__(self, queue: TemporaryQueue) -> None:
        self._queue = queue

    def bodies(self, wait_seconds: int) -> Iterator[str]:
        for body in self._queue.bodies(wait_seconds):
            event = json.loads(body)
            if event["source"] != PROBE_SOURCE:
                yield json.dumps(event["detail"])


def _wait_for_rule(put: Any, bus: str, queue: TemporaryQueue, name: str) -> None:
    """Put probes until one comes. Raises UserError."""
    probe = {"EventBusName": bus, "Source": PROBE_SOURCE, "DetailType": PROBE_TYPE, "Detail": json.dumps({"of": name})}
    until = time.monotonic() + RULE_SECONDS
    while time.monotonic() < until:
        put.put_events(Entries=[probe])
        if any(True for _ in queue.bodies()):
            return
    raise UserError(
        f"expected the rule {name} of the bus {bus} to pass events on within {RULE_SECONDS:.0f} s; run it again"
    )
