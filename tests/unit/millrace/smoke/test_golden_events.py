"""Golden rows as events: the scorer scores each, as the manifest says."""

import base64
from typing import Any

import pytest

from millrace.smoke import golden_events
from stream_producers.event import Event
from tests.fakes import artifacts
from tests.fakes.scorer import FakeScorer


@pytest.mark.parametrize("kind", ["binary", "regression", "multiclass"])
def test_each_golden_row_is_scored_as_the_manifest_says(kind: str) -> None:
    artifact = artifacts.artifact(kind)
    scorer = FakeScorer(artifact)
    rows = artifact.manifest.golden_rows

    events = list(golden_events.events(artifact.manifest, "smoke", len(rows) + 1))
    scorer.invoke({"Records": [_record(event, i) for i, event in enumerate(events)]})

    assert len({event.event_id for event in events}) == len(rows) + 1
    assert not scorer.quarantined
    scores = [_scores(prediction) for prediction in scorer.predictions]
    wanted = [list(row.scores) for row in (*rows, rows[0])]
    assert [score == pytest.approx(want, rel=1e-5) for score, want in zip(scores, wanted, strict=True)] == [True] * len(
        wanted
    )


def _scores(prediction: dict[str, Any]) -> list[float]:
    score = prediction.get("scores", prediction.get("score"))
    if isinstance(score, dict):
        return list(score.values())
    return score if isinstance(score, list) else [score]


def _record(event: Event, position: int) -> dict[str, Any]:
    return {
        "eventSource": "aws:kinesis",
        "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/events",
        "eventID": f"shardId-000000000000:{position}",
        "kinesis": {
            "approximateArrivalTimestamp": 1.0,
            "data": base64.b64encode(event.data).decode(),
            "partitionKey": event.partition_key,
            "sequenceNumber": str(position),
        },
    }
