"""Predictions and outcomes as their streams bring them, and an evaluator on a bucket in memory."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from evaluator.container import Evaluator, build
from model_store.artifact import Artifact
from outcomes.hours import hour_of
from records.timestamps import timestamp
from tests.fakes import envelopes
from tests.fakes.bucket import FakeBucket
from tests.fakes.clock import FakeClock

REGION = "arn:aws:kinesis:eu-central-1:123456789012:stream"
PREDICTIONS_ARN, OUTCOMES_ARN = f"{REGION}/predictions", f"{REGION}/outcomes"
# On the hour, so that tests count hours from it.
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
NOON_HOUR = hour_of(NOON)
ENVIRONMENT = {
    "EVALUATION_BUCKET": "evaluation",
    "MODEL_BUCKET": "models",
    "MODEL_NAME": "sessions",
    "OUTCOMES_STREAM_ARN": OUTCOMES_ARN,
    "LOOK_BACK_HOURS": "24",
    "DRIFT_HOURS": "24",
    "AWS_LAMBDA_FUNCTION_NAME": "mill-evaluator",
}


class EvaluationBucket(FakeBucket):
    """Both buckets of an evaluator, whose keys do not meet."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self) -> None:
        super().__init__()
        self.got: list[str] = []  # keys, in the order in which they were read

    def get_object(self, *, Key: str, **arguments: Any) -> dict[str, Any]:  # noqa: N803
        self.got.append(Key)
        return super().get_object(Key=Key, **arguments)

    def names(self, prefix: str = "") -> list[str]:
        return sorted(key for key in self.versions if key.startswith(prefix))

    def body(self, key: str) -> bytes:
        return self.versions[key][0][1]

    def hours(self) -> dict[str, Any]:
        """The documents of the hours by the end of their keys."""
        keys = self.names("evaluation/sessions/hours/")
        return {key.removeprefix("evaluation/sessions/hours/"): json.loads(self.body(key)) for key in keys}

    def publish(self, artifact: Artifact) -> None:
        manifest = artifact.manifest
        key = f"models/{manifest.name}/{manifest.version}/manifest.json"
        self.put_object(Bucket="models", Key=key, Body=manifest.to_bytes())


def evaluator(bucket: Any, clock: FakeClock, lines: list[str] | None = None, **changes: str) -> Evaluator:
    """An evaluator whose metrics go to `lines`; `changes` replace variables."""
    written = [] if lines is None else lines
    return build(ENVIRONMENT | changes, clients=lambda service, attempts=1: bucket, clock=clock, write=written.append)


def prediction(key: str, score: float | list[float] = 0.75, **changes: Any) -> dict[str, Any]:
    """As the scorer publishes it; `name`, `version`, `variant`, `arrived_at` (seconds) and members can be given."""
    arrived = changes.pop("arrived_at", NOON + 60.0)
    model = {
        "name": changes.pop("name", "sessions"),
        "version": changes.pop("version", "1"),
        "digest": "d" * 64,
        "variant": changes.pop("variant", "champion"),
    }
    return {
        "prediction_id": key,
        "event_id": f"event of {key}",
        "model": model,
        **({"scores": score} if isinstance(score, list) else {"score": score}),
        "source": {"type": "kinesis", "arn": "arn:events", "position": "1", "arrived_at": timestamp(arrived)},
        "scored_at": timestamp(arrived + 1),
    } | changes


def batch(arn: str, documents: Iterable[dict[str, Any] | bytes], *, first: int = 1, at: float = NOON) -> dict[str, Any]:
    """A Kinesis batch of a stream, which arrived at a time."""
    event = envelopes.kinesis(*documents, first=first)
    for record in event["Records"]:
        record["eventSourceARN"] = arn
        record["kinesis"]["approximateArrivalTimestamp"] = at
    return event
