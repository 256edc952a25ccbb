"""Waiting until every event of a run is settled: predicted, quarantined, or held for redrive."""

import time
from collections.abc import Callable, Iterable, Sequence, Set

from millrace.accounting import failures as observe
from millrace.accounting.account import Account, Found, account
from millrace.accounting.identity import by_id
from millrace.accounting.prediction import Prediction
from millrace.stack import Stack
from stream_producers.receipts import Receipt

# Without anything new for so long, what is missing is called unaccounted.
PATIENCE_SECONDS = 60.0
# Between two looks at the failure store; predictions come by themselves.
PAUSE_SECONDS = 1.0
TICK_SECONDS = 0.05


class Settlement:
    """What has been found of a run so far. `add` takes predictions, from any thread, one call at a time.

    clock, sleep : for tests
    """

    def __init__(
        self,
        stack: Stack,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._failures, self._clock, self._sleep = observe.Failures(stack), clock, sleep
        self._model: str = stack.outputs["model"]["name"]
        self.found = Found()

    def add(self, predictions: Sequence[Prediction]) -> None:
        self.found.add(predictions)

    def wait(
        self,
        receipts: Iterable[Receipt],
        *,
        check: Callable[[], None],
        on_settled: Callable[[int], None] = lambda count: None,
        patience: float = PATIENCE_SECONDS,
    ) -> Account:
        """Wait until all receipts are settled, or nothing new came for `patience` seconds; the account.

        check : called before each look; raises what must end the waiting.
        on_settled : called with the number of events settled so far.
        """
        sent = by_id(receipts, self._model)
        expected = sent.keys()
        settled, deadline = -1, self._clock() + patience
        while True:
            check()
            self._failures.add_to(self.found)
            missing = expected - self.found.ids()
            count = len(expected) - len(missing)
            on_settled(count)
            if count > settled:
                settled, deadline = count, self._clock() + patience
            if not missing or self._clock() >= deadline:
                return account(sent, self.found)
            self._pause(missing)

    def _pause(self, missing: Set[str]) -> None:
        """Wait before the next look: no longer than until all that was missing is predicted."""
        end = self._clock() + PAUSE_SECONDS
        while self._clock() < end and not missing <= self.found.predictions.keys():
            self._sleep(TICK_SECONDS)
