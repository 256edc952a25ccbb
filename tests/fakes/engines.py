"""A batch through an engine, without a model: what comes of its events, to compare engines by."""

import json
from array import array
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from model_store.event_format import EventFormat
from model_store.feature import Feature
from scoring.engine import NATIVE, choose
from scoring.score import tabulate
from scoring.variant import Variant
from sinks.messages import Limit
from sources.batch import Batch
from tests.fakes import artifacts, envelopes


class Came(NamedTuple):
    """rejected : record, code and path of each."""

    messages: list[tuple[str, bytes]]
    matrix: bytes
    ignored_members: int
    ignored_events: int
    rejected: list[tuple[Any, str, str]]


def outcome(features: Sequence[Feature], form: EventFormat, event: Any, engine: str) -> Came:
    """What comes of a Lambda event whose records a manifest reads; every score is the same."""
    manifest = artifacts.manifest("regression", b"", golden_rows=(), features=tuple(features), event=form)
    predictor: Any = None
    chosen, served = choose(engine), Variant("champion", manifest, predictor)
    serving: Any = SimpleNamespace(
        variants={"champion": served}, release=SimpleNamespace(share=0.0), variant_of=lambda _: "champion"
    )
    (table,), rejected = tabulate(_read(event, engine), serving, chosen)
    table.scores, messages = array("f", [0.25] * table.rows), chosen.messages()
    assert table.encode(1_700_000_000.0, Limit(1 << 20, with_keys=True), messages) == []
    return Came(
        [(key, body) for key, body in messages],
        bytes(table.matrix()),
        table.ignored_members,
        table.ignored_events,
        [(one.record, one.fault.code, one.fault.path) for one in rejected],
    )


def _read(event: Any, engine: str) -> Batch:
    """The batch as Lambda's runtime client hands it over."""
    return envelopes.read(json.dumps(event).encode() if engine == NATIVE else event)
