"""100,000 events at full size through the real stack, with failing calls and killed functions: none is lost."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import batched, chain, islice

import pytest

from millrace.accounting.account import Account
from stream_producers.bad import with_bad
from stream_producers.event import Event
from stream_producers.synthetic import FEATURES, Sessions
from tests import scale
from tests.integration.conftest import train_version
from tests.integration.faults import FaultPlan, Kind
from tests.integration.harness import Harness
from tests.integration.proxy import FaultProxy

OpenStack = Callable[[str], Harness]

SEED = 401
QUEUED_BY_TOPIC, DIRECT, DIRECT_BY_TOPIC, TO_TOPIC = 600, 400, 200, 400
QUEUED = scale.CHAOS_EVENTS - QUEUED_BY_TOPIC - DIRECT - DIRECT_BY_TOPIC - TO_TOPIC
BAD = 0.01
UNLUCKY = "unlucky-"  # how the ids of events begin that no sink takes until Lambda has given up on them
PATIENCE_SECONDS = 180.0


@pytest.mark.long
def test_every_event_is_accounted_for(
    harness: OpenStack, proxy: FaultProxy, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    queued, direct, topic_sink = stacks = [harness(name) for name in ("queued", "direct", "topic_sink")]
    functions = dict(zip(("PutRecords", "SendMessageBatch", "PublishBatch"), map(_function, stacks), strict=True))
    known = {key for stack in stacks for key in _quarantined_before(stack)}

    with _served(topic_sink):
        with _little_patience(queued), FaultPlan(SEED, functions, UNLUCKY.encode()) as plan, proxy.fault(plan):
            _send(queued, direct, topic_sink)
            more = _send_until_all_happened(queued, plan)
            held = [stack.settle(PATIENCE_SECONDS).on_failure for stack in stacks]
        for stack in stacks:
            stack.redrive()
        accounts = [stack.settle() for stack in stacks]

    record_property("figures", _figures(accounts, plan, sum(held), time.monotonic() - began))
    for stack, account in zip(stacks, accounts, strict=True):
        _check(stack, account, known)
    assert sum(len(stack.receipts) for stack in stacks) == scale.CHAOS_EVENTS + more
    assert held[0] >= 3, "the unlucky ones of the queue"
    assert held[1] >= 6, "the unlucky ones of the stream and of the topic"
    assert plan.faults[Kind.KILLED] >= scale.CHAOS_KILLS
    assert plan.faults.keys() == set(Kind), "every kind of fault must have happened"


def _send(queued: Harness, direct: Harness, topic_sink: Harness) -> None:
    """All ways at once."""
    with ThreadPoolExecutor() as pool:
        ways = [
            pool.submit(queued.send, _events(SEED, QUEUED), queued.stream),
            pool.submit(queued.send, _events(SEED + 1, QUEUED_BY_TOPIC, unlucky=3, text_only=True), queued.topic),
            pool.submit(direct.send, _events(SEED + 2, DIRECT, unlucky=3), direct.stream),
            pool.submit(direct.send, _events(SEED + 3, DIRECT_BY_TOPIC, unlucky=3, text_only=True), direct.topic),
            pool.submit(topic_sink.send, _events(SEED + 4, TO_TOPIC), topic_sink.stream),
        ]
        for way in ways:
            way.result()


def _send_until_all_happened(queued: Harness, plan: FaultPlan) -> int:
    """A busy machine makes fewer calls, as its batches are larger: then there are more events, up to as many again.

    Returns how many.
    """
    more, sent = batched(_events(SEED + 5, scale.CHAOS_EVENTS), 500, strict=False), 0
    queued.settle(PATIENCE_SECONDS)
    while not _all_happened(plan) and (events := next(more, ())):
        sent += len(queued.send(events, queued.stream))
        queued.settle(PATIENCE_SECONDS)
    return sent


def _all_happened(plan: FaultPlan) -> bool:
    """Every kind of fault, and kills enough."""
    return plan.faults.keys() == set(Kind) and plan.faults[Kind.KILLED] >= scale.CHAOS_KILLS


def _events(seed: int, count: int, *, unlucky: int = 0, text_only: bool = False) -> Iterator[Event]:
    """`count` events, some of them bad; the first `unlucky` ones are good, and unlucky."""
    sessions = Sessions(seed).events()
    first = [_unlucky(event, f"{UNLUCKY}{seed}-{i}") for i, event in enumerate(islice(sessions, unlucky))]
    return islice(chain(first, with_bad(sessions, BAD, FEATURES, seed=seed, text_only=text_only)), count)


def _unlucky(event: Event, event_id: str) -> Event:
    return event._replace(event_id=event_id, data=event.data.replace(event.event_id.encode(), event_id.encode()))


@contextmanager
def _served(topic_sink: Harness) -> Iterator[None]:
    """The built-in task's model for the stack that another test has a model of its own for.

    A new container loads the new release at once: what still serves another one is ended, before and after.
    """
    topic_sink.serve(train_version("chaos", name=topic_sink.stack.outputs["model"]["name"]))
    yield
    topic_sink.end_containers()


@contextmanager
def _little_patience(queued: Harness) -> Iterator[None]:
    """A message is tried three times, each time after 11 s (longer than the function's time-out), not five after 60."""
    sqs, url = queued.stack.client("sqs"), queued.stack.outputs["event_topic"]["queue_url"]
    usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy", "VisibilityTimeout"])["Attributes"]
    policy = json.dumps(json.loads(usual["RedrivePolicy"]) | {"maxReceiveCount": 3})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "11"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)


def _function(stack: Harness) -> str:
    name: str = stack.stack.outputs["scorer"]["function_name"]
    return name


def _quarantined_before(stack: Harness) -> set[str]:
    stack.settle()  # nothing was sent: a look at what is there
    return set(stack.settlement.found.quarantined)


def _check(stack: Harness, account: Account, known: set[str]) -> None:
    """Each event in one place, with the right code (`settle` has seen to that), and nothing else anywhere."""
    sent = stack.by_id(stack.receipts).keys()
    own = [key for key, p in stack.predictions.items() if p.event_id.startswith((f"session-{SEED // 10}", UNLUCKY))]
    assert (account.on_failure, account.also_held) == (0, 0)
    assert account.predictions + sum(account.quarantined.values()) == len(sent) == len(stack.receipts)
    assert set(own) - sent == set(), "predictions of events that nobody sent"
    assert stack.settlement.found.quarantined.keys() - sent - known == set(), "entries of events that nobody sent"


def _figures(accounts: list[Account], plan: FaultPlan, held: int, seconds: float) -> str:
    predictions, duplicates = sum(a.predictions for a in accounts), sum(a.duplicates for a in accounts)
    quarantined = sum(sum(account.quarantined.values()) for account in accounts)
    faults = ", ".join(f"{kind} {count}" for kind, count in plan.faults.most_common())
    return (
        f"chaos: {predictions + quarantined:,} events in {seconds:.0f} s, seed {SEED}: {predictions:,} predicted, "
        f"{quarantined:,} quarantined, {held:,} redriven, 0 lost; {duplicates:,} duplicates\n"
        f"chaos: {plan.calls:,} calls that could fail, {plan.faults.total():,} faults: {faults}"
    )
