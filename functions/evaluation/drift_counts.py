"""A container's drift counts as a document in S3: docs/contracts.md, "Drift counts"."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from records.timestamps import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from evaluation.sampling import Sample

SCHEMA_VERSION = 1


def prefix(model: str) -> str:
    """The prefix of the keys of counts, which continue with the hour of the first row, and the version."""
    return f"evaluation/{model}/drift/"


class Counts:
    """The counts of one version that were not written yet. began : when the first row was scored."""

    def __init__(self, version: str, sample: Sample, began: float) -> None:
        self.version, self.sample, self.began, self.ended = version, sample, began, began

    def key(self, model: str, name: str) -> str:
        hour = datetime.fromtimestamp(self.began, UTC).strftime("%Y/%m/%d/%H")
        return f"{prefix(model)}{hour}/{self.version}/{name}.json"

    def document(self, model: str) -> bytes:
        members = {
            "schema_version": SCHEMA_VERSION,
            "model": model,
            "version": self.version,
            "from": timestamp(self.began),
            "to": timestamp(self.ended),
            "strides": self.sample.to_json(),
        }
        return json.dumps(members, separators=(",", ":"), sort_keys=True).encode("ascii")
