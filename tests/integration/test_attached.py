"""A second stack on the stream and the topic of the first, with its key, into a queue that no stack made."""

from collections.abc import Callable
from itertools import islice

from stream_producers.bad import with_bad
from stream_producers.synthetic import FEATURES, Sessions
from tests.integration.conftest import train_version
from tests.integration.harness import Harness

OpenStack = Callable[[str], Harness]


def test_two_models_on_one_stream_each_account_for_every_event(harness: OpenStack) -> None:
    first, second = harness("topic_sink"), harness("attached")
    for stack, name in ((first, "online-shoppers"), (second, "second")):
        stack.serve(train_version(f"sessions-{name}", rounds=10, name=name))

    events = islice(with_bad(Sessions(140).events(), 0.1, FEATURES, seed=140, text_only=True), 600)
    sent = first.send(events, first.stream)
    sent += first.send(islice(Sessions(141).events(), 50), first.topic)
    second.receipts += sent
    accounts = first.settle(), second.settle()

    bad = sum(receipt.expected_code is not None for receipt in sent)
    assert bad > 30
    assert [account.predictions for account in accounts] == [650 - bad] * 2
    assert [sum(account.quarantined.values()) for account in accounts] == [bad] * 2
    assert not first.predictions.keys() & second.predictions.keys(), "the ids of two models must not collide"
