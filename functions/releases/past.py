"""Past events, scored by champion and candidate in batches: the predictions of both, and what happened."""

from __future__ import annotations

import json

from batches import layout
from batches.objects import keys
from outcomes.backtest import Happened
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

CHAMPION, CANDIDATE = "champion", "candidate"


class PastRuns(Value):
    """s3 : a client of botocore or of aws_client. bucket : of batches; empty: the stack has none."""

    s3: Any
    bucket: str

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
