"""What goes wrong around the scorer, and that nothing is lost by it."""

import base64
import json
import threading
import time
from collections.abc import Callable
from itertools import islice

from stream_producers.synthetic import Sessions
from tests.integration.harness import Harness, function_processes, kill
from tests.integration.proxy import FaultProxy, Request, Response

OpenStack = Callable[[str], Harness]

OUTAGE_SECONDS = 15.0  # longer than the function's timeout of 10 s
THROTTLED = Response(400, b'{"__type": "ProvisionedThroughputExceededException", "message": "slow down"}')


def test_a_sink_that_fails_for_a_while(harness: OpenStack, proxy: FaultProxy) -> None:
    """For the first 8 calls the sink takes nothing; the invocations' own retries outlast that."""
    queued = harness("queued")
    refused: list[Request] = []

    def throttle(request: Request) -> Response | None:
        if request.operation != "PutRecords" or len(refused) >= 8:
            return None
        refused.append(request)
        return THROTTLED

    with proxy.fault(throttle):
        queued.send(islice(Sessions(201).events(), 2_000), queued.stream)
        account = queued.settle()

    assert len(refused) == 8
    assert account.predictions == 2_000


def test_a_sink_that_fails_longer_than_an_invocation(harness: OpenStack, proxy: FaultProxy) -> None:
    """The batch fails and is delivered again, until the sink is back."""
    queued = harness("queued")
    down: list[float] = []  # since the first call

    def outage(request: Request) -> Response | None:
        if request.operation != "PutRecords":
            return None
        down.append(time.monotonic())
        return Response(503) if down[-1] - down[0] < OUTAGE_SECONDS else None

    with proxy.fault(outage):
        queued.send(islice(Sessions(202).events(), 1_000), queued.stream)
        account = queued.settle()

    assert down[-1] - down[0] >= OUTAGE_SECONDS
    assert account.predictions == 1_000


def test_a_function_that_is_killed_in_the_middle_of_a_batch(harness: OpenStack, proxy: FaultProxy) -> None:
    """Killed when half of a batch is published: the batch comes again, with the same prediction ids."""
    queued = harness("queued")
    name = queued.stack.outputs["scorer"]["function_name"]
    all_sent = threading.Event()
    begun: set[str] = set()
    killed: list[int] = []

    def kill_on_a_batchs_second_call(request: Request) -> Response | None:
        """The predictions of one batch have one `scored_at`."""
        if request.operation != "PutRecords" or killed:
            return None
        all_sent.wait(2)  # so that what is left comes in batches of 1,000, which take two calls each
        first = json.loads(request.body)["Records"][0]
        batch = json.loads(base64.b64decode(first["Data"]))["scored_at"]
        if batch not in begun:
            begun.add(batch)
            return None
        killed.extend(function_processes(name))
        kill(killed)
        return Response(500)

    with proxy.fault(kill_on_a_batchs_second_call):
        # One partition key: one shard, so that the batches come one after the other.
        events = (event._replace(partition_key="one") for event in islice(Sessions(203).events(), 3_000))
        queued.send(events, queued.stream)
        all_sent.set()
        account = queued.settle()

    assert killed
    assert account.predictions == 3_000
    assert account.duplicates >= 500, "what was published before the kill must have come again"


def test_quarantine_that_cannot_be_written_fails_the_batch_and_not_the_event(
    harness: OpenStack, proxy: FaultProxy
) -> None:
    queued = harness("queued")
    refused: list[Request] = []

    def no_quarantine(request: Request) -> Response | None:
        if request.operation == "PUT" and "quarantine/" in request.path and len(refused) < 5:
            refused.append(request)
            return Response(503, b"<Error><Code>SlowDown</Code></Error>")
        return None

    event = next(Sessions(204).events())
    bad = event._replace(data=b"not JSON", outcome=None, expected_code="INVALID_JSON")
    with proxy.fault(no_quarantine):
        queued.send([event, bad], queued.stream)
        account = queued.settle()

    assert len(refused) == 5
    assert account.quarantined == {"INVALID_JSON": 1}
    assert account.predictions == 1
