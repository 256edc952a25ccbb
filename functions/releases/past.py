"""Past events, scored by champion and candidate in batches: the predictions of both, and what happened."""

from __future__ import annotations

import json

from batches import layout
from batches.objects import keys
from outcomes.backtest import Happened
from records.values import Value
from releases.errors import WorkflowRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

CHAMPION, CANDIDATE = "champion", "candidate"
NAMED = ("bucket", "prefix", "outcomes")  # of the `backtest` of a workflow's input
# Of a workflow's execution: those of its batches have up to 80 characters, as Step Functions takes.
MOST_NAME = 80 - len(f"-{CANDIDATE}")


class PastRuns(Value):
    """s3 : a client of botocore or of aws_client. bucket : of batches; empty: the stack has none."""

    s3: Any
    bucket: str

    def check(self, execution: str, given: Any) -> None:
        """Raises WorkflowRefused where the batches of a backtest could not be started, or not be judged."""
        if not self.bucket:
            raise WorkflowRefused("backtest: expected a stack with batches, this one has none; set batch = {}")
        if len(execution) > MOST_NAME:
            raise WorkflowRefused(
                f"name: expected up to {MOST_NAME} characters for an execution with a backtest, got {len(execution)}"
            )
        named = given if isinstance(given, dict) else {}
        for member in NAMED:
            if not isinstance(named.get(member), str) or not named[member]:
                raise WorkflowRefused(f"backtest.{member}: expected text, got {named.get(member)!r:.80}")

    def predictions(self, run: str) -> Iterator[dict[str, Any]]:
        """Raises what the client raises."""
        for key, _ in keys(self.s3, self.bucket, layout.folder(run) + layout.PREDICTIONS):
            yield from map(json.loads, self._body(key).splitlines())

    def happened(self, key: str) -> Happened:
        """The outcomes in an object of JSON lines. Raises what the client raises."""
        found = Happened()
        for line in self._body(key).splitlines():
            found.add(json.loads(line), "")
        return found

    def _body(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body


def run_name(execution: str, role: str) -> str:
    """Of the batch that scores by a role's version."""
    return f"{execution}-{role}"
