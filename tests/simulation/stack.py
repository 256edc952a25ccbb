"""The stack of a run: the real scorer between simulated event sources, sink and stores. One of each path."""

from functools import cached_property, partial
from typing import Any

from model_store.artifact import MANIFEST_FILE, Artifact
from model_store.release import Pointer, Release
from scorer.container import build
from scorer.handler import invoke
from scoring.engine import NATIVE, PYTHON
from serving.models import ModelUnavailable
from simulator import (
    AsyncFaults,
    AsyncInvoker,
    Buckets,
    CallFaults,
    Context,
    Destination,
    Function,
    FunctionFaults,
    KinesisMapping,
    LambdaClient,
    PollerFaults,
    Queue,
    QueueFaults,
    QueueMapping,
    S3Client,
    SqsClient,
    Stream,
    Topic,
    TopicFaults,
    World,
)
from tests.simulation import models
from tests.simulation.cloud import (
    ENVIRONMENT,
    EVALUATION,
    FAILURES,
    MODELS,
    REGION,
    SHADOW_REGION,
    Cloud,
    most_entries,
    target,
)
from tests.simulation.drift import DriftBooks, OfContainer
from tests.simulation.ledger import ARTIFACTS, CALL_MARGIN_SECONDS, STORE, Container, Ledger, Violation
from tests.simulation.producers import Producers
from tests.simulation.releases import MODEL_BYTES, Released, servings
from tests.simulation.scenario import Scenario

QUARANTINE = "quarantine/"
POLL_SECONDS = 0.5 + 0.1  # to connect, and for the answer
LONGEST = 3 * 3600.0  # seconds
NO_MODEL = '"error":"ModelUnavailable"'  # in the log line of an invocation


class Stack:
    """Everything of one run, wired. `ledger` has its books."""

    def __init__(self, scenario: Scenario, world: World | None = None) -> None:
        self.scenario = scenario
        self.world = world or World(scenario.seed, scenario.start)
        renderings = [release.renderings() for release in scenario.may_serve]
        shadows = [(version, models.rendered(version, "shadow").encode()) for version in models.VERSIONS]
        self.ledger = Ledger(
            renderings,
            shadows,
            model_bytes=MODEL_BYTES,
            most_entries=most_entries(scenario),
            drift=None if scenario.drift_seconds is None else DriftBooks(scenario.drift_seconds),
        )
        self._released: Released | None = None
        self._released_at = 0.0
        self.buckets = Buckets(self.world)
        self.cloud = Cloud(self.world, scenario, self.buckets, self.ledger)
        self.lambdas_own = S3Client(self.world, self.buckets, faults=scenario.faults.on_failure)
        self._make_function()
        self._make_sources()
        for release in scenario.releases:
            self._release_at(release)

    def _make_function(self) -> None:
        scenario = self.scenario
        self.function = Function(
            self.world,
            self._container,
            timeout_seconds=scenario.timeout_seconds,
            faults=scenario.faults.function,
        )

    def _make_sources(self) -> None:
        scenario, world, faults = self.scenario, self.world, self.scenario.faults
        self.destination = Destination(world, self.lambdas_own, FAILURES)
        self.stream = Stream(world, shards=scenario.shards)
        self.mapping = KinesisMapping(
            world, self.stream, self.function, scenario.mapping, self.destination, scenario.behaviours, faults.poller
        )
        self.dead_letter = Queue(world, "arn:aws:sqs:eu-central-1:123456789012:events-dead-letter")
        visibility = 6 * scenario.timeout_seconds + scenario.queue.window_seconds
        self.queue = Queue(
            world,
            visibility_seconds=visibility,
            max_receive_count=scenario.max_receive_count,
            dead_letter=self.dead_letter,
        )
        self.queue_mapping = QueueMapping(
            world, self.queue, self.function, scenario.queue, scenario.queue_behaviours, faults.queue
        )
        self.queued = Topic(world, "arn:aws:sns:eu-central-1:123456789012:events-queued", faults.topic)
        self.queued.subscribe_queue(self.queue)
        self.invoker = AsyncInvoker(world, self.function, scenario.asynchronous, self.destination, faults.asynchronous)
        self.direct = Topic(world, "arn:aws:sns:eu-central-1:123456789012:events-direct", faults.topic)
        self.direct.subscribe_function(self.invoker)
        for after, how in scenario.reshards:
            world.at(self.scenario.start + after, partial(self._reshard, how))
        self.producers = Producers(world, scenario, self.ledger, self.stream, self.queued, self.direct)

    def _reshard(self, how: str) -> None:
        """Split or merge, where there is something to merge."""
        shards = self.stream.open_shards
        number = self.world.random.randrange(len(shards))
        if how == "split":
            self.stream.split(shards[number].id)
        elif number + 1 < len(shards):
            self.stream.merge(shards[number].id, shards[number + 1].id)
        else:
            return
        self.ledger.counts["reshards"] += 1

    def _container(self) -> Any:
        """A new container: the scorer as Lambda builds it, and the part of its handler that runs a batch."""
        world, ledger = self.world, self.ledger
        ledger.counts["containers"] += 1
        # In some containers of a run the reference implementation alone: copies of a prediction are equal all the same.
        native, name = ledger.counts["containers"] % 3 != 0, f"{ledger.counts['containers']:016x}"
        environment = self.environment | {"SCORER_ENGINE": NATIVE if native else PYTHON}
        pipeline = build(
            environment,
            clients=self.cloud.session(environment).client,
            clock=world.clock,
            monotonic=world.clock,
            random=world.random.random,
            sleep=world.pass_time,
            check=models.check,
            write=lambda line: lines.append(line) if NO_MODEL in line else None,
            container=name,
        )
        container = Container(OfContainer(name), confirmed_at=world.now)
        lines: list[str] = []  # of batches that failed for lack of a model: such a batch may be reported, not raised

        def handle(event: Any, context: Context) -> Any:
            ledger.delivered(event, world.now, container)
            response: Any = None
            failure: BaseException | None = None
            try:
                # With the native engine, the runtime client passes the event's bytes on.
                lines.clear()
                response = invoke(pipeline, context.event_json() if native else event, context)
                failure = ModelUnavailable("reported") if lines else None
                return response
            except BaseException as error:
                failure = error
                raise
            finally:
                if not isinstance(failure, Violation):  # which is the report then
                    self._ended(container, response, failure)

        return handle

    def _ended(self, container: Container, response: Any, failure: BaseException | None) -> None:
        ledger, began = self.ledger, self.ledger.invocation.began
        ledger.ended(
            container,
            response,
            failure,
            servable=self._servable,
            patience=self._patience(container),
            in_time=self._until(began) > CALL_MARGIN_SECONDS,
        )
        if self._confirmed:
            container.confirmed_at = began

    def _until(self, began: float) -> float:
        """Seconds until an invocation that began then must have ended."""
        return began + self.scenario.timeout_seconds - self.world.now

    def _patience(self, container: Container) -> float:
        """How long a batch may wait for the model store: only in a container that missed two polls (docs/adr/0036).

        For one poll; where artifacts were read too, the real bound is half of the time that the invocation had left.
        """
        mine = self.ledger.invocation
        if mine.began - container.confirmed_at <= 2 * self.scenario.poll_seconds:
            return 0.0
        return self.scenario.timeout_seconds / 2 if mine.calls[ARTIFACTS] else POLL_SECONDS

    @property
    def _confirmed(self) -> bool:
        """Whether this invocation asked for the release, which is sound, and had the answer and time to load it."""
        mine = self.ledger.invocation
        sound = self._released is not None and self._released.corrupt is None
        hasty = self.world.now - mine.began > self.scenario.timeout_seconds / 2
        return sound and not hasty and mine.calls[STORE] > 0 and STORE not in mine.struck

    @property
    def _servable(self) -> bool:
        """Whether the release that is out names a version that verifies, and the store has answered every request."""
        if self._released is None or not servings([self._released]):
            return False
        return STORE not in self.ledger.invocation.struck and self._released_at < self.ledger.invocation.began

    @property
    def environment(self) -> dict[str, str]:
        shadow = self.scenario.shadow_sink
        return ENVIRONMENT | {
            "MODEL_BUCKET": MODELS,
            "MODEL_NAME": models.NAME,
            "RELEASE_POLL_SECONDS": str(self.scenario.poll_seconds),
            "PREDICTION_SINK_TYPE": self.scenario.sink,
            "PREDICTION_SINK_TARGET": target(self.scenario.sink, REGION),
            "PREDICTION_SINK_AGGREGATE_RANGES": str(self.scenario.aggregate_ranges),
            "PREDICTION_SINK_WIRE": self.scenario.wire,
            "FAILURE_BUCKET": FAILURES,
            "QUARANTINE_PREFIX": QUARANTINE,
            "LOG_LEVEL": "ERROR",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            **self._drift_environment,
            **({"SHADOW_SINK_TYPE": shadow, "SHADOW_SINK_TARGET": target(shadow, SHADOW_REGION)} if shadow else {}),
        }

    @property
    def _drift_environment(self) -> dict[str, str]:
        seconds = self.scenario.drift_seconds
        return {} if seconds is None else {"DRIFT_BUCKET": EVALUATION, "DRIFT_SECONDS": str(seconds)}

    def _release_at(self, release: Released) -> None:
        """Publish at its time; at once where that is the beginning."""
        if release.after_seconds:
            self.world.at(self.scenario.start + release.after_seconds, lambda: self.publish(release))
        else:
            self.publish(release)

    def publish(self, release: Released) -> None:
        """Put the artifacts and the release into the model store."""
        corrupt = release.corrupt
        champion = models.artifact(release.champion) if corrupt is None else models.corrupt(corrupt)
        challenger, previous = (
            self._pointer(models.artifact(version)) if version else None
            for version in (release.challenger, release.previous)
        )
        shadow = release.shadow and (
            models.corrupt(1) if release.shadow == models.CORRUPT else models.artifact(release.shadow)
        )
        document = Release(
            self._pointer(champion),
            "2026-01-02T03:04:05.000Z",
            challenger,
            release.share,
            shadow=self._pointer(shadow) if shadow else None,
            previous=previous,
        )
        self.buckets.put(MODELS, f"models/{models.NAME}/release.json", document.to_bytes())
        self._released, self._released_at = release, self.world.now
        self.world.note("released", release)

    def _pointer(self, artifact: Artifact) -> Pointer:
        manifest = artifact.manifest
        key = f"models/{models.NAME}/{manifest.version}"
        manifest_version = self.buckets.put(MODELS, f"{key}/{MANIFEST_FILE}", manifest.to_bytes()).version_id
        model_version = self.buckets.put(MODELS, f"{key}/{manifest.file.name}", artifact.model).version_id
        return Pointer(manifest.version, manifest.digest(), manifest_version, model_version)

    def heal(self) -> None:
        """End all faults."""
        self.cloud.heal()
        self.lambdas_own.faults = CallFaults()
        self.function.faults = FunctionFaults()
        self.mapping.faults, self.queue_mapping.faults = PollerFaults(), QueueFaults()
        self.queued.faults = self.direct.faults = TopicFaults()
        self.invoker.faults = AsyncFaults()

    @cached_property
    def operators(self) -> dict[str, Any]:
        """What a redrive works with: clients without faults."""
        return {
            "s3": S3Client(self.world, self.buckets, page_keys=self.scenario.page_keys),
            "sqs": SqsClient(self.world, queues=[self.queue, self.dead_letter]),
            "lambda": LambdaClient(self.world, {self.function.name: self.function}),
        }

    def left_behind(self) -> dict[str, int]:
        """How many on-failure objects and dead letters there are, where there are any."""
        left = {
            "on-failure objects": len(self.buckets.objects(FAILURES, "aws/lambda/")),
            "dead letters": len(self.dead_letter.messages),
        }
        return {name: count for name, count in left.items() if count}

    def drain(self) -> None:
        """Go on until nothing is left to do, for LONGEST at most: no fault outlasts what the stream keeps."""
        self.world.run(until=self.world.now + LONGEST)

    @property
    def unfinished(self) -> list[str]:
        """The sources that are not done yet."""
        quiet = {"stream": self.mapping.quiet, "queue": self.queue_mapping.quiet, "direct": self.invoker.quiet}
        return [name for name, is_quiet in quiet.items() if not is_quiet]
