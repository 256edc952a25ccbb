"""The reply as a sink: returns predictions and faults to a synchronous caller."""

from __future__ import annotations

import sys

from records.delivered import Delivered
from sinks.messages import Limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from resilience.deadline import Deadline
    from scoring.outcome import Outcome


class ReplyDelivery:
    """Publishes and quarantines nothing: the source's response has everything. The caller limits its size."""

    limit = Limit(sys.maxsize, with_keys=False)

    def deliver(self, outcome: Outcome, now: float, deadline: Deadline) -> Delivered:
        messages = outcome.messages
        predictions = [(outcome.record(i), bytes(messages[i][1])) for i in range(len(messages))]
        return Delivered(rejected=outcome.rejected, ignored=outcome.ignored(), predictions=predictions)
