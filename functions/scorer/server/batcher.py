"""Dynamic batching: requests that arrive together are scored in one call.

A request waits for others until the event loop has read what had arrived, and for `wait` seconds at most; none waits
where it is the only one. A batch that will take long is scored in a thread, so that health checks and reads continue;
meanwhile the next batch collects.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from http_api import errors
from http_api.application import secured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from http_api.messages import HttpResponse
    from http_api.parsed import ParsedRequest
    from http_api.variant import HttpServing

    Score = Callable[[HttpServing, Sequence[ParsedRequest]], list[HttpResponse]]
    Waiting = tuple[HttpServing, ParsedRequest, asyncio.Future[HttpResponse]]

# A batch that is expected to take longer is scored in a thread, which costs some 50 µs.
INLINE_SECONDS = 0.003
# Of the measured time of an event, how much a new batch changes: one slow batch among many decides nothing.
SMOOTHING = 0.1


class Batcher:
    """One for each server. score : see `scoring.Scoring`.

    wait : seconds; None: each request is scored alone. most : events in a batch; a request is never divided.
    limit : of events that wait; beyond it requests are refused.
    """

    def __init__(self, score: Score, *, wait: float | None, most: int, limit: int) -> None:
        self._score, self._wait, self._most, self._limit = score, wait, most, limit
        self._waiting: list[Waiting] = []
        self._events = 0
        self._flush: asyncio.Handle | None = None
        self._thread = ThreadPoolExecutor(1, "score")
        self._busy = False
        self._per_event = 0.0  # seconds

    async def respond(self, serving: HttpServing, request: ParsedRequest, *, alone: bool) -> HttpResponse:
        """The response to a request. alone : no other request is being read or waits."""
        if (alone or self._wait is None) and not self._busy and not self._long(len(request.records)):
            return self._timed(serving, [request])[0]
        if self._events >= self._limit:
            return secured(errors.busy())
        return await self._add(serving, request)

    def _add(self, serving: HttpServing, request: ParsedRequest) -> asyncio.Future[HttpResponse]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[HttpResponse] = loop.create_future()
        self._waiting.append((serving, request, future))
        self._events += len(request.records)
        if self._events >= self._most or self._wait is None:
            self._send()
        elif self._flush is None:
            self._flush = loop.call_later(self._wait, self._send) if self._wait else loop.call_soon(self._send)
        return future

    def _send(self) -> None:
        """Score what waits; while a thread scores, it keeps waiting."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        while self._waiting and not self._busy:
            batch = self._take()
            events = sum([len(request.records) for _, request, _ in batch])
            self._events -= events
            if self._long(events):
                self._busy = True
                self._task = asyncio.get_running_loop().create_task(self._in_thread(batch))
            else:
                _settle(batch, self._timed(batch[0][0], [request for _, request, _ in batch]))

    def _take(self) -> list[Waiting]:
        """The next batch: requests that were parsed under one release, which scores them too. Without batching: one."""
        most = 1 if self._wait is None else self._most
        serving, count, events = self._waiting[0][0], 0, 0
        for one, request, _ in self._waiting:
            if one is not serving or events >= most:
                break
            count, events = count + 1, events + len(request.records)
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _long(self, events: int) -> bool:
        return events * self._per_event > INLINE_SECONDS

    async def _in_thread(self, batch: Sequence[Waiting]) -> None:
        try:
            requests = [request for _, request, _ in batch]
            loop = asyncio.get_running_loop()
            _settle(batch, await loop.run_in_executor(self._thread, self._timed, batch[0][0], requests))
        finally:
            self._busy = False
            self._send()

    def _timed(self, serving: HttpServing, requests: Sequence[ParsedRequest]) -> list[HttpResponse]:
        began = time.perf_counter()
        responses = self._score(serving, requests)
        took = (time.perf_counter() - began) / max(1, sum([len(request.records) for request in requests]))
        self._per_event += SMOOTHING * (took - self._per_event)
        return responses


def _settle(waiting: Sequence[Waiting], responses: Sequence[HttpResponse]) -> None:
    for (_, _, future), response in zip(waiting, responses, strict=True):
        if not future.done():  # its client may be gone
            future.set_result(response)
