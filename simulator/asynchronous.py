"""Lambda's asynchronous invocation: its queue, its retries, its on-failure record.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .backoff import backoff
from .destination import Destination
from .function import Function, Outcome
from .invocation_records import AsyncCondition, async_record
from .world import World

# Function errors: after one minute, then after two. Throttles and service errors: from 1 second to 5 minutes.
RETRY_SECONDS = 60.0
LONGEST_BACKOFF_SECONDS = 300.0
QUEUE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class AsyncSettings:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html"""

    maximum_retry_attempts: int = 2
    maximum_event_age_seconds: float = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class AsyncFaults:
    """`duplicate`: share of the events that are run twice ("even without an error": the queue may give it again)."""

    duplicate: float = 0.0


class AsyncInvoker:
    """The event queue of one function.

    `counts`: events, invocations, throttled, function_errors, retries, duplicates, given_up (to the destination),
    dropped (given up without one).
    """

    def __init__(
        self,
        world: World,
        function: Function,
        settings: AsyncSettings = AsyncSettings(),
        on_failure: Destination | None = None,
        faults: AsyncFaults = AsyncFaults(),
    ) -> None:
        self.world, self.function, self.settings = world, function, settings
        self.on_failure, self.faults = on_failure, faults
        self.counts: Counter[str] = Counter()
        self.pending = 0

    def send(self, event: dict[str, Any], on_delivery: Callable[[], Any] | None = None) -> None:
        """Queue an event. `on_delivery` is called for each invocation that got it, when that ends."""
        copies = 1
        if self.faults.duplicate and self.world.random.random() < self.faults.duplicate:
            copies = 2
            self.counts["duplicates"] += 1
        self.counts["events"] += 1
        for _ in range(copies):
            self.pending += 1
            queued = _Queued(self, event, on_delivery)
            self.world.after(self.world.random.random() * QUEUE_SECONDS, queued.attempt)

    @property
    def quiet(self) -> bool:
        """Nothing queued and nothing in flight."""
        return not self.pending


class _Queued:
    """One event until it is done."""

    def __init__(self, invoker: AsyncInvoker, event: dict[str, Any], on_delivery: Callable[[], Any] | None) -> None:
        self._invoker, self._event, self._on_delivery = invoker, event, on_delivery
        self._request_id = invoker.world.uuid()
        self._since = invoker.world.now
        self._retries = self._invocations = self._refusals = 0
        self._last: Outcome | None = None

    def attempt(self) -> None:
        invoker = self._invoker
        if invoker.world.now - self._since >= invoker.settings.maximum_event_age_seconds:
            self._give_up("EventAgeExceeded")
            return
        invoker.function.invoke(self._event, self._ended, self._request_id)

    def _ended(self, outcome: Outcome) -> None:
        invoker, world, counts = self._invoker, self._invoker.world, self._invoker.counts
        if outcome.was_not_invoked:
            counts["throttled"] += 1
            self._refusals += 1
            world.after(backoff(world.random, self._refusals, cap=LONGEST_BACKOFF_SECONDS), self.attempt)
            return
        self._last = outcome
        self._invocations += 1
        counts["invocations"] += 1
        if self._on_delivery is not None:
            self._on_delivery()
        if not outcome.is_function_error:
            invoker.pending -= 1
            return
        counts["function_errors"] += 1
        if self._retries >= invoker.settings.maximum_retry_attempts:
            self._give_up("RetriesExhausted")
            return
        self._retries += 1
        counts["retries"] += 1
        world.after(RETRY_SECONDS * self._retries, self.attempt)

    def _give_up(self, condition: AsyncCondition) -> None:
        invoker = self._invoker
        invoker.world.note(invoker.function.name, condition, self._request_id)
        if invoker.on_failure is None:
            invoker.counts["dropped"] += 1
            invoker.pending -= 1
            return
        invoker.counts["given_up"] += 1
        document = async_record(
            invoker.function, self._request_id, self._event, condition, self._invocations, self._last
        )
        invoker.on_failure.write(("async", invoker.function.name), document, self._written)

    def _written(self) -> None:
        self._invoker.pending -= 1
