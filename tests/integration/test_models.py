"""Models change while events flow."""

from collections.abc import Callable

from stream_producers.synthetic import Sessions
from tests.integration.conftest import train_version
from tests.integration.harness import Harness, send_while

OpenStack = Callable[[str], Harness]


def test_a_new_version_is_taken_up_while_events_flow(harness: OpenStack) -> None:
    queued = harness("queued")
    second, events = train_version("v1-short", rounds=20), Sessions(301).events()

    def scored_by(version: str) -> bool:
        return any(p.version == version for p in list(queued.predictions.values()))

    send_while(queued, lambda: not scored_by("v1"), events)
    queued.publish(second)
    send_while(queued, lambda: not scored_by("v1-short"), events)
    account = queued.settle()

    assert account.predictions == len(queued.receipts)
    assert {p.version for p in queued.predictions.values()} == {"v1", "v1-short"}
