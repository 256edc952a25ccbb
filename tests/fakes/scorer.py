"""The whole pipeline between fakes, and what came out of it."""

import json
from typing import Any

from model_store import isolated
from model_store.artifact import Artifact
from resilience.retry import Retry
from scorer import handler
from scorer.pipeline import Pipeline
from scoring.engine import NATIVE, choose
from serving.loader import Loader
from serving.models import Models
from serving.shadow import Shadow
from sinks.delivery import SinkDelivery
from sinks.publisher import Publisher
from sinks.quarantine import Quarantine
from telemetry.batch_report import BatchReport
from telemetry.metrics import Metrics
from tests.fakes.clock import FakeClock, FakeContext
from tests.fakes.envelopes import MODEL, OneEvent
from tests.fakes.s3 import FakeS3
from tests.fakes.sink import FakeSink
from tests.fakes.store import FakeModelStore


class FakeScorer:
    """A pipeline with a fake store, sink, S3 and clock; `predictions`, `quarantined`, `told` read what came out.

    engine : by default the one that `default_engine` names. store, check : of the models; by default a fake store and
    a child process.
    """

    default_engine = NATIVE

    def __init__(
        self,
        *artifacts: Artifact,
        sink: FakeSink | None = None,
        s3: FakeS3 | None = None,
        engine: str = "",
        clock: FakeClock | None = None,
        store: Any = None,
        check: Any = isolated.check,
    ) -> None:
        self.clock = clock or FakeClock()
        self.metric_lines: list[str] = []
        self.store, self.sink, self.s3 = FakeModelStore(*artifacts), sink or FakeSink(), s3 or FakeS3()
        store = store or self.store
        retry = Retry(random=lambda: 0.5, sleep=self.clock.sleep)
        metrics = Metrics("scorer", self.metric_lines.append, self.clock, timer=self.clock)
        made = choose(engine or self.default_engine)
        self.pipeline = Pipeline(
            MODEL,
            Models(store, threads=1, poll_seconds=30, metrics=metrics, clock=self.clock, check=check),
            made,
            SinkDelivery(Publisher(self.sink, retry), Quarantine(self.s3, "failures", "quarantine/", retry), metrics),
            shadow=Shadow(Loader(store, threads=1, check=check, clock=self.clock), None, made, self.clock),
            drift=None,
            metrics=metrics,
            clock=self.clock,
            objects=OneEvent(),
        )

    def run(self, event: Any, seconds: float = 60.0) -> tuple[dict[str, Any], BatchReport]:
        return self.pipeline.run(self._delivered(event), self.clock.deadline(seconds))

    def invoke(self, event: Any, seconds: float = 60.0) -> dict[str, Any]:
        """As `run`, and its lines are written."""
        return handler.invoke(self.pipeline, self._delivered(event), FakeContext(seconds, self.clock))

    def _delivered(self, event: Any) -> Any:
        """As Lambda's runtime client hands it over: to the native engine, which asks for that, as raw JSON."""
        return event if isinstance(event, bytes) or self.pipeline.engine != NATIVE else json.dumps(event).encode()

    @property
    def told(self) -> list[dict[str, Any]]:
        """The lines of the invocations, without those by code."""
        return [line for line in map(json.loads, self.metric_lines) if "Code" not in line]

    @property
    def told_by_code(self) -> dict[str, int]:
        """What was quarantined, as the lines by code tell it."""
        lines = [line for line in map(json.loads, self.metric_lines) if "Code" in line]
        return {line["Code"]: line["QuarantinedByCode"] for line in lines}

    @property
    def predictions(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.sink.bodies]

    @property
    def quarantined(self) -> list[dict[str, Any]]:
        return [json.loads(line) for body in self.s3.objects.values() for line in body.splitlines()]
