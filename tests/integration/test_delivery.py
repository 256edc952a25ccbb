"""Events come in on every way, and every one of them is accounted for in the sink or in quarantine."""

from collections.abc import Callable
from itertools import islice

import pytest

from stream_producers.bad import with_bad
from stream_producers.event import Event
from stream_producers.synthetic import FEATURES, Sessions
from tests.integration.harness import Harness

OpenStack = Callable[[str], Harness]


def events(count: int, seed: int, *, bad: float = 0.0, text_only: bool = False) -> list[Event]:
    good = Sessions(seed).events()
    return list(islice(with_bad(good, bad, FEATURES, seed=seed, text_only=text_only), count))


def test_kinesis_events_become_predictions(harness: OpenStack) -> None:
    queued = harness("queued")
    sent = queued.send(events(5_000, seed=101), queued.stream)

    account = queued.settle()

    assert account.predictions == len(sent) == 5_000
    assert account.roc_auc is not None
    assert account.roc_auc > 0.9
    assert {p.version for p in queued.predictions.values()} == {"v1"}


@pytest.mark.parametrize("stack", ["queued", "direct"])
def test_topic_events_become_predictions(harness: OpenStack, stack: str) -> None:
    opened = harness(stack)
    sent = opened.send(events(200, seed=102), opened.topic)

    assert opened.settle().predictions == len(sent) == 200


@pytest.mark.parametrize("stack", ["queued", "direct"])
def test_bad_records_go_to_quarantine_while_good_ones_pass(harness: OpenStack, stack: str) -> None:
    """Each with the code that it was made for: `settle` sees to that."""
    opened = harness(stack)
    sent = opened.send(events(400, seed=103, bad=0.2), opened.stream)

    account = opened.settle()

    bad = sum(receipt.expected_code is not None for receipt in sent)
    assert bad > 40
    assert sum(account.quarantined.values()) == bad
    assert account.predictions == len(sent) - bad


@pytest.mark.parametrize("stack", ["queued", "direct"])
def test_bad_topic_events_go_to_quarantine(harness: OpenStack, stack: str) -> None:
    opened = harness(stack)
    sent = opened.send(events(150, seed=104, bad=0.3, text_only=True), opened.topic)

    account = opened.settle()

    bad = sum(receipt.expected_code is not None for receipt in sent)
    assert bad > 25
    assert sum(account.quarantined.values()) == bad
