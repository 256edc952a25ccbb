"""What the scorer logs of its invocations, from its log in CloudWatch."""

from collections.abc import Callable
from typing import Any

from millrace.accounting import invocation_lines
from millrace.watch.updates import Logged

# FilterLogEvents takes 5 calls a second and account, in some regions 10 or 25, and others call it too.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
POLL_SECONDS = 2.0
# Lines are not in the order in which they come: each poll looks this far back again, and reports nothing twice.
LATE_MILLISECONDS = 30_000
# A poll ends after this many pages of up to 1 MB; the next one continues.
MOST_PAGES = 5


class LogReader:
    """Reads the invocations' lines that are new.

    since : the first of them, in seconds since the epoch.
    """

    def __init__(self, logs: Any, group: str, function: str, since: float) -> None:
        self._logs = logs
        # Only the lines with metrics; not all emulators filter.
        self._request = {"logGroupName": group, "filterPattern": f'{{ $.FunctionName = "{function}" }}'}
        self._from = self._newest = self._first = int(since * 1000)
        self._token: str | None = None
        self._told: dict[str, int] = {}

    def __call__(self, tell: Callable[[Logged], None]) -> None:
        """Read what is new, page by page. Raises what the client raises, and reports nothing twice."""
        for _ in range(MOST_PAGES):
            more = {"nextToken": self._token} if self._token else {}
            self._token = None
            answer = self._logs.filter_log_events(**self._request, startTime=self._from, **more)
            if found := [invocation for event in answer["events"] if (invocation := self._new(event))]:
                tell(Logged(found))
            self._token = answer.get("nextToken")
            if not self._token:
                self._go_on()
                return

    def _new(self, event: Any) -> invocation_lines.LoggedInvocation | None:
        self._newest = max(self._newest, event["timestamp"])
        if event["eventId"] in self._told:
            return None
        self._told[event["eventId"]] = event["timestamp"]
        return invocation_lines.read(event["message"])

    def _go_on(self) -> None:
        self._from = max(self._first, self._newest - LATE_MILLISECONDS)
        self._told = {event: at for event, at in self._told.items() if at >= self._from}
