"""`millrace watch` on real stacks: what is planted is seen in the part of the view that should show it."""

import json
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from millrace.watch import Options, watch
from stream_producers.bad import with_bad
from stream_producers.synthetic import FEATURES, Sessions
from tests.integration.harness import Harness, wait_for
from tests.integration.proxy import FaultProxy, Request, Response
from tests.integration.test_doctor import alarm_fires
from tests.integration.test_failures import THROTTLED

OpenStack = Callable[[str], Harness]
Look = Callable[[Harness, float], dict[str, Any]]


@pytest.fixture
def look(capsys: pytest.CaptureFixture[str]) -> Look:
    """What `millrace watch --once --json` tells of all that happened since a time."""

    def look(opened: Harness, began: float) -> dict[str, Any]:
        watch(opened.stack, Options(once=True, as_json=True, window=0, since=time.time() - began))
        snapshot: dict[str, Any] = json.loads(capsys.readouterr().out)
        return snapshot

    return look


def complete(look: Callable[[], dict[str, Any]], events: int) -> dict[str, Any]:
    """The look after the first one that has all events, right away: the times in it are those of the last minute.

    The function's log comes after what it did.
    """
    wait_for(lambda: bool(look()["totals"]["events"] >= events))
    return look()


def test_what_goes_wrong_is_seen(harness: OpenStack, proxy: FaultProxy, look: Look) -> None:
    """Bad events, a sink that refuses, an alarm."""
    queued, began = harness("queued"), time.time()
    refused: list[Request] = []

    def throttle(request: Request) -> Response | None:
        if request.operation != "PutRecords" or refused:
            return None
        refused.append(request)
        return THROTTLED

    with proxy.fault(throttle):
        events = with_bad(Sessions(901).events(), 0.1, FEATURES, seed=901)
        sent = queued.send(islice(events, 600), queued.stream)
        seen = complete(lambda: look(queued, began), len(sent))
        account = queued.settle()
    with alarm_fires(queued.stack):
        in_alarm = look(queued, began)["alarms"]["in_alarm"]

    totals = seen["totals"]
    assert seen["trouble"].keys() <= {"drift"}, "where nothing was looked for yet, there is no drift.json"
    assert totals["events"] == len(sent)
    assert totals["in_sink"] == totals["predictions"] == account.predictions
    assert totals["quarantined"] == len(sent) - account.predictions
    assert seen["quarantined"] == account.quarantined
    assert totals["resent"] > 0
    assert totals["failed"] == totals["unreadable"] == totals["failed_batches"] == 0
    for name in ("arrival_to_sink", "oldest_of_batch", "batch"):
        assert 0 < seen["seconds"][name]["p50"] <= seen["seconds"][name]["p99"] < time.time() - began, name
    assert seen["release"]["champion"] == "v1"
    assert seen["seen"] == [{"version": "v1", "variant": "champion", "share": 1.0}]
    assert "it-queued-scorer-release-refused" in [alarm["name"] for alarm in in_alarm]
    assert len(seen["latest"]) == 50


def test_a_queue_is_left_alone_and_the_log_tells(harness: OpenStack, look: Look) -> None:
    direct, began = harness("direct"), time.time()
    sent = direct.send(islice(Sessions(902).events(), 200), direct.stream)

    seen = complete(lambda: look(direct, began), len(sent))

    # The tests' own reader is the queue's consumer: it gets all of them.
    assert direct.settle().predictions == seen["totals"]["predictions"] == len(sent)
    assert seen["totals"]["in_sink"] == 0
    assert seen["seconds"]["oldest_of_batch"]["p50"] > 0
    assert seen["seen"] == [{"version": "v1", "variant": "champion", "share": 1.0}]
