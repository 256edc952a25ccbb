import asyncio
import threading
import time

import pytest

from http_api.messages import HttpResponse
from scorer.server.batcher import INLINE_SECONDS, Batcher


class Asked:
    """A request of so many events."""

    def __init__(self, events=1):
        self.records = [None] * events


class Scored:
    """Notes the batches; `seconds` each, and no end before `may`. Each response names its request."""

    def __init__(self, seconds=0.0):
        self.batches, self.seconds, self.threads = [], seconds, set()
        self.may = threading.Event()
        self.may.set()

    def __call__(self, serving, requests):
        self.batches.append((serving, list(requests)))
        self.threads.add(threading.current_thread())
        time.sleep(self.seconds)
        assert self.may.wait(20)
        return [HttpResponse(200, {}, str(id(request)).encode()) for request in requests]


def run(work):
    return asyncio.run(work())


def batcher(scored, wait=0.0, most=100, limit=1000):
    return Batcher(scored, wait=wait, most=most, limit=limit)


@pytest.mark.parametrize("seconds", [0.0, 10 * INLINE_SECONDS])
@pytest.mark.parametrize(("wait", "most"), [(0.0, 5), (0.01, 5), (None, 1)])
def test_requests_that_arrive_together_are_scored_in_one_call(wait, most, seconds):
    """Without batching each is scored alone, also while a slow one has others wait."""
    scored = Scored(seconds)

    async def work():
        one, requests = batcher(scored, wait), [Asked() for _ in range(5)]
        responses = await asyncio.gather(*(one.respond("a", request, alone=False) for request in requests))
        assert [response.body for response in responses] == [str(id(request)).encode() for request in requests]

    run(work)
    assert [len(requests) for _, requests in scored.batches] == [most] * (5 // most)


def test_a_lone_request_waits_for_none():
    scored = Scored()

    async def work():
        coroutine = batcher(scored, wait=10.0).respond("a", Asked(), alone=True)
        with pytest.raises(StopIteration):  # done in its first step
            coroutine.send(None)

    run(work)


def test_a_full_batch_is_scored_before_its_wait_is_over():
    scored = Scored()

    async def work():
        one = batcher(scored, wait=60.0, most=4)
        await asyncio.gather(*(one.respond("a", Asked(2), alone=False) for _ in range(2)))

    run(work)
    assert [len(requests) for _, requests in scored.batches] == [2]


def test_no_batch_mixes_releases():
    scored = Scored()

    async def work():
        one = batcher(scored)
        await asyncio.gather(*(one.respond(serving, Asked(), alone=False) for serving in "aabba"))

    run(work)
    assert [(serving, len(requests)) for serving, requests in scored.batches] == [("a", 2), ("b", 2), ("a", 1)]


def test_a_long_batch_is_scored_in_a_thread_while_the_next_one_collects():
    scored = Scored(seconds=20 * INLINE_SECONDS)

    async def work():
        one = batcher(scored)
        await one.respond("a", Asked(), alone=True)  # from here on, it knows how long an event takes
        scored.may.clear()
        first = asyncio.create_task(one.respond("a", Asked(), alone=True))
        await asyncio.sleep(0)
        rest = [asyncio.create_task(one.respond("a", Asked(), alone=True)) for _ in range(3)]
        await asyncio.sleep(0.001)
        assert not first.done()  # and the loop was free to get here
        scored.may.set()
        await asyncio.gather(first, *rest)

    run(work)
    assert [len(requests) for _, requests in scored.batches] == [1, 1, 3]
    assert len(scored.threads) == 2


def test_requests_are_refused_where_too_many_events_wait():
    scored = Scored()

    async def work():
        one = batcher(scored, wait=0.01, limit=3)
        asked = [one.respond("a", Asked(2), alone=False) for _ in range(3)]
        return [response.status for response in await asyncio.gather(*asked)]

    assert run(work) == [200, 200, 429]
    assert [len(requests) for _, requests in scored.batches] == [2]
