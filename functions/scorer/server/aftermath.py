"""What follows a batch and no request waits for: missing values, the shadow, and the counts for drift.

A thread takes the outcomes every half second. When it is too slow, outcomes are left out and counted.
"""

from __future__ import annotations

import logging
from collections import deque
from threading import Event, Thread

from resilience.deadline import Deadline
from serving.missing import MissingWatch
from telemetry.metrics import MISSING_VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from http_api.variant import HttpServing
    from scorer.server.metrics import ServerMetrics
    from scoring.outcome import Outcome
    from serving.drift import DriftWatch
    from serving.shadow import Shadow

LOG = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
# Outcomes that wait; each has the rows of a batch.
MOST_OUTCOMES = 5_000
# Outcomes of a turn whose missing values are counted, evenly chosen: counting all would cost small requests a tenth.
MOST_COUNTED = 50
# For one outcome, its shadow's calls included.
OUTCOME_SECONDS = 15.0


class Aftermath:
    def __init__(self, shadow: Shadow, drift: DriftWatch | None, metrics: ServerMetrics) -> None:
        self._shadow, self._drift, self._metrics = shadow, drift, metrics
        self._missing = MissingWatch()
        self._outcomes: deque[tuple[HttpServing, Outcome, float]] = deque()
        self._turn, self._step = (
            0,
            1,
        )  # outcomes since the last turn; of those that nothing follows, each how many-th is kept
        self._end = Event()
        self._thread = Thread(target=self._run, name="aftermath", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Process what waits, for `seconds` at most."""
        self._end.set()
        self._thread.join(seconds)

    def add(self, serving: HttpServing, outcome: Outcome, now: float) -> None:
        """Take an outcome. One that only missing values are counted of is mostly dropped at once: kept, it would have
        the next requests use memory that is in no cache.
        """
        self._turn += 1
        if self._turn % self._step and not self._followed(serving):
            return
        if len(self._outcomes) < MOST_OUTCOMES:
            self._outcomes.append((serving, outcome, now))
        else:
            self._metrics.left_out(len(outcome.messages))

    def _run(self) -> None:
        while not self._end.wait(PAUSE_SECONDS):
            self._all()
        self._all()

    def _all(self) -> None:
        waiting = len(self._outcomes)
        self._turn, self._step = 0, -(-self._turn // MOST_COUNTED) or 1
        step = -(-waiting // MOST_COUNTED) or 1
        for number in range(waiting):
            serving, outcome, now = self._outcomes.popleft()
            try:
                if number % step == 0 and (worst := self._missing.count(outcome.tables)):
                    self._metrics.gauge(MISSING_VALUES, worst.excess)
                self._follow(serving, outcome, now)
            except Exception as error:
                LOG.warning("aftermath of a batch failed: %s", type(error).__name__)

    def _followed(self, serving: HttpServing) -> bool:
        return self._drift is not None or serving.release.shadow is not None

    def _follow(self, serving: HttpServing, outcome: Outcome, now: float) -> None:
        """Score the shadow, and count for drift, where the release or the settings ask for it."""
        if not self._followed(serving):
            return
        deadline = Deadline.after(OUTCOME_SECONDS)
        self._metrics.shadowed(self._shadow.score(serving, outcome, now, 0.0, deadline))  # type: ignore[arg-type]
        if self._drift:
            self._drift.count(outcome.tables, now, deadline)
