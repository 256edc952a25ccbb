"""Captured rows as events: what the model saw, in the form that the champion reads, under the ids that they had.

What a stream no longer has can be backtested so. A capture has no events that were quarantined, and of a share of the
keys only those.
"""

import base64
import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from millrace.capture.reader import CaptureReader
from millrace.errors import UserError
from millrace.replay.build import EventBuilder
from millrace.stack import Stack
from model_store.feature import PLAIN, Feature
from model_store.manifest import Manifest
from records.timestamps import timestamp
from sources.redrive import enveloped

# Rows are filed by when they were scored; a dead-letter queue keeps events for 14 days until they are.
LATEST = timedelta(days=14)
VALUES: Mapping[str, Callable[[Feature, float], Any]] = {
    "float": lambda feature, value: value,
    "int": lambda feature, value: int(value),
    "bool": lambda feature, value: bool(value),
    "category": lambda feature, value: feature.categories[int(value)],
}


def lines(stack: Stack, champion: str, begin: datetime, end: datetime) -> Iterator[bytes]:
    """A line of JSON for each captured event that arrived in the time. champion : the version whose events are built.

    Raises UserError where the stack captures none, or not every feature as the model saw it.
    """
    store = stack.model_store()
    manifests = {champion: store.manifest(champion)[0]}
    builder, seen = EventBuilder(_whole(manifests[champion])), set[str]()
    first, last = timestamp(begin.timestamp()), timestamp(end.timestamp())
    scored_until = min(datetime.now(UTC), end + LATEST)
    for frame in CaptureReader(stack).frames(begin, scored_until):
        for row in frame.iter_rows(named=True):
            if not first <= row["arrived_at"] < last or row["prediction_id"] in seen:
                continue
            seen.add(row["prediction_id"])
            version = row["version"]
            if version not in manifests:
                manifests[version] = store.manifest(version)[0]
            data = builder.record([builder.event(row["event_id"], _values(manifests[version], row["features"]))])
            line = enveloped(json.loads(row["source"]), row["partition_key"], base64.b64encode(data).decode("ascii"))
            yield json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _whole(manifest: Manifest) -> Manifest:
    if hidden := [f"{one.name} ({one.capture})" for one in manifest.features if one.capture != PLAIN]:
        raise UserError(
            f"expected every feature of {manifest.version} to be captured as the model saw it, got others: "
            f"{', '.join(hidden)}; leave out --captured"
        )
    return manifest


def _values(manifest: Manifest, captured: Mapping[str, float | str]) -> dict[str, Any]:
    """The values of the features that are not missing, by name."""
    found = ((feature, captured.get(feature.name)) for feature in manifest.features if feature.capture == PLAIN)
    return {
        feature.name: VALUES[feature.type](feature, value)
        for feature, value in found
        if isinstance(value, float) and not math.isnan(value)
    }
