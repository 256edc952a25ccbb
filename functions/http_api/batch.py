"""Scores the events of many requests at once."""

from __future__ import annotations

import sys

from http_api.parsed import RequestAnswer, ScoredRow
from scoring.score import score
from sinks.messages import Limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from http_api.parsed import ParsedRequest
    from http_api.variant import HttpServing
    from records.record import Record
    from scoring.engine.protocols import Engine
    from scoring.outcome import Outcome
    from telemetry.metrics import Metrics

UNLIMITED = Limit(sys.maxsize, with_keys=False)


class HttpBatch:
    """Requests in place of the envelopes of a `sources.batch.Batch`."""

    def __init__(self, model: str, requests: Sequence[ParsedRequest]) -> None:
        self.model, self.envelopes = model, requests

    def records_of(self, place: int) -> Sequence[Record]:
        return self.envelopes[place].records


def score_requests(
    requests: Sequence[ParsedRequest],
    serving: HttpServing,
    engine: Engine,
    *,
    model: str,
    now: float,
    metrics: Metrics,
) -> tuple[Outcome, list[RequestAnswer]]:
    """Score all events of the requests in one call. Returns the outcome, and the answer of each request.

    now : seconds since the epoch. metrics : times the stages.
    """
    for number, request in enumerate(requests):
        for record in request.records:
            record.request = number
    batch: Any = HttpBatch(model, requests)
    outcome = score(batch, serving, engine, now=now, limit=UNLIMITED, metrics=metrics)
    answers = [RequestAnswer() for _ in requests]
    _add_rows(outcome, answers)
    for found, fault in outcome.rejected:
        rejected: Any = found
        answers[rejected.request].faults.append((rejected.place, rejected.where(fault), fault))
    return outcome, answers


def _add_rows(outcome: Outcome, answers: Sequence[RequestAnswer]) -> None:
    texts = {id(table): dict(table.attributions) for table in outcome.tables if table.attributions}
    for message, (table, row) in enumerate(outcome.rows()):
        record: Any = table.record(row)
        attributions = texts.get(id(table), {}).get(row, "")
        answer = answers[record.request]
        answer.rows.append(ScoredRow(record, table, row, bytes(outcome.messages[message][1]), attributions))
        if record.explained and not attributions:
            answer.unexplained = True
