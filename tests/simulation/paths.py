"""Which paths a run took through the scorer. test_seeds.py asserts that all are taken."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import native
import sources
from simulator.aws.wire import WireFaults
from sinks.kinesis import KinesisSink
from tests.simulation.ledger import UNNOTICED
from tests.simulation.stack import Stack

# Kinds of faults of the wire, counted over all hosts.
_WIRE = [name for name in WireFaults.__dataclass_fields__ if name not in ("slow_seconds", *UNNOTICED)]
_ANSWERS = (*_WIRE, *UNNOTICED, "interim", "chunked", "late on a kept connection")
_LEDGER = (
    "aggregated records", "requests in CBOR", "shadow predictions", "predictions of the sink's limit",
    "undisturbed invocations", "undisturbed, with a failing shadow", "several calls were due",
)  # fmt: skip
_DRIFT = ("drift objects", "rows counted for drift")
_CODE = ("raw events", "native requests", "native answers")


@contextmanager
def counted(counts: Counter[str]) -> Iterator[None]:
    """While it lasts, uses of the native engine that no host can see are counted."""
    c: Any = native.NATIVE
    scanned, begin, acknowledges = sources._scanned, KinesisSink.begin, c.acknowledges

    def scan(engine: Any, event: bytes, model: str) -> Any:
        batch = scanned(engine, event, model)
        counts["raw events"] += batch is not None
        return batch

    def send(sink: Any, call: Any) -> Any:
        counts["native requests"] += isinstance(call.messages, c.Messages)
        return begin(sink, call)

    def read(body: bytes, count: int) -> bool:
        whole: bool = acknowledges(body, count)
        counts["native answers"] += whole
        return whole

    with ExitStack() as stack:
        stack.enter_context(patch.object(sources, "_scanned", scan))
        stack.enter_context(patch.object(KinesisSink, "begin", send))
        stack.enter_context(patch.object(c, "acknowledges", read))
        yield


def paths(stack: Stack) -> Counter[str]:
    """How often each path was taken."""
    counts, hosts = stack.ledger.counts, stack.cloud.endpoints
    taken = Counter({name: counts[name] for name in (*_CODE, *_LEDGER)})
    for name in _ANSWERS:
        taken[name.replace("_", " ")] = sum(host.counts[name] for host in hosts)
    taken.update({name: stack.ledger.drift.counts[name] if stack.ledger.drift else 0 for name in _DRIFT})
    taken["calls in flight at once"] = stack.cloud.sink.counts["at once"]
    taken["quarantine over midnight"] = int(len(stack.ledger.days) > 1)
    taken["further pages of a redrive"] = stack.operators["s3"].counts["further pages"]
    taken[f"sink {stack.scenario.sink}"] = 1
    return taken
