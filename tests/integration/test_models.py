"""Models change while events flow."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from stream_producers.synthetic import Sessions
from tests.integration.conftest import train_version
from tests.integration.harness import Harness, wait_for

OpenStack = Callable[[str], Harness]


def test_a_new_version_is_taken_up_while_events_flow(harness: OpenStack) -> None:
    queued = harness("queued")
    second = train_version("v1-short", rounds=20)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(queued.send, islice(Sessions(301).events(), 6_000), queued.stream, rate=1_000)
        wait_for(lambda: any(p.version == "v1" for p in list(queued.predictions.values())))
        queued.publish(second)
        sending.result()
    account = queued.settle()

    assert account.predictions == 6_000
    assert {p.version for p in queued.predictions.values()} == {"v1", "v1-short"}
