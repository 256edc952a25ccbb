"""A model store that is slow: containers that have a model keep scoring."""

import threading
import time
from collections.abc import Callable
from itertools import islice

import pytest

from millrace_localstack.launcher import LocalStack
from model_store import operations
from stream_producers.synthetic import Sessions
from telemetry.metrics import BATCH_DURATION, RELEASE_STALE_SECONDS
from tests.integration.conftest import train_version
from tests.integration.function_log import FunctionLog
from tests.integration.harness import Harness, wait_for
from tests.integration.proxy import FaultProxy, Request, Response

OpenStack = Callable[[str], Harness]

DELAY_SECONDS, SLOW_SECONDS, TIMEOUT_SECONDS = 5.0, 25.0, 10.0


@pytest.fixture
def direct(harness: OpenStack) -> Harness:
    """Its stream has one shard, and so one container."""
    return harness("direct")


def test_events_are_scored_while_every_read_of_the_model_store_takes_five_seconds(
    direct: Harness, proxy: FaultProxy, localstack: LocalStack
) -> None:
    """Longer than a call's timeout; a new release, too, is there meanwhile, and served once the store is fast again."""
    events = Sessions(501).events()
    direct.send(islice(events, 100), direct.stream)
    direct.settle()  # its container has a model
    log = FunctionLog(localstack, direct)
    slow, delayed = threading.Event(), []

    def delay(request: Request) -> Response | None:
        if slow.is_set() and request.operation == "GET" and "models/" in request.path:
            delayed.append(request.path)
            time.sleep(DELAY_SECONDS)
        return None

    store = direct.stack.model_store()
    newer = store.publish(train_version("slow", rounds=20))
    stored = store.release()
    assert stored is not None
    try:
        with proxy.fault(delay):
            slow.set()
            store.put_release(operations.publish(stored.release, newer), replacing=stored)
            receipts = direct.send(islice(events, int(20 * SLOW_SECONDS)), direct.stream, rate=20)
            account = direct.settle()
            slow.clear()

        assert account.predictions == len(direct.receipts)
        # The stack's schedule may start a container meanwhile, which cannot have a model: the promise is of warm ones.
        assert [line for line in log.failures() if '"ColdStarts":1' not in line] == []
        invocations = log.invocations()
        assert max(one.metric(BATCH_DURATION) for one in invocations) < TIMEOUT_SECONDS * 1000
        assert max(one.metric(RELEASE_STALE_SECONDS) for one in invocations) > DELAY_SECONDS
        assert any("release.json" in path for path in delayed)
        ids = direct.by_id(receipts)
        versions = {p.version for p in direct.predictions.values() if p.prediction_id in ids}
        assert versions == {stored.release.champion.version}, "its model cannot be read so slowly"

        def served() -> bool:
            direct.send(islice(events, 10), direct.stream)
            return any(p.version == "slow" for p in list(direct.predictions.values()))

        # A failure of 8 s delays the next poll by ten times as much.
        wait_for(served, 600.0)
        direct.settle()
    finally:
        now = store.release()
        store.put_release(stored.release, replacing=now)
