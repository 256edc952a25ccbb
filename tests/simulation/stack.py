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
    KinesisClient,
    KinesisMapping,
    LambdaClient,
    PollerFaults,
    Queue,
    QueueFaults,
    QueueMapping,
    S3Client,
    SnsClient,
    SqsClient,
    Stream,
    Topic,
    TopicFaults,
    World,
)
from tests.fakes.two_steps import TwoSteps
from tests.simulation import models
from tests.simulation.ledger import Ledger
from tests.simulation.producers import Producers
from tests.simulation.releases import MODEL_BYTES, Released, servings
from tests.simulation.scenario import START, Scenario
from tests.simulation.witness import Witness

MODELS, FAILURES, QUARANTINE = "models", "failures", "quarantine/"
TARGETS = {
    "kinesis": "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions",
    "sns": "arn:aws:sns:eu-central-1:123456789012:predictions",
    "sqs": "https://sqs.eu-central-1.amazonaws.com/123456789012/predictions",
}
LONGEST = 3 * 3600.0  # seconds
NO_MODEL = '"error":"ModelUnavailable"'
_SINKS: dict[str, Any] = {"kinesis": KinesisClient, "sns": SnsClient, "sqs": SqsClient}


class Stack:
    """Everything of one run, wired. `ledger` has its books."""

    def __init__(self, scenario: Scenario, world: World | None = None) -> None:
        self.scenario = scenario
        self.world = world or World(scenario.seed, START)
        renderings = [release.renderings() for release in servings(scenario.releases)]
        self.ledger = Ledger(renderings, model_bytes=MODEL_BYTES)
        self._released: Released | None = None
        self.buckets = Buckets(self.world)
        self._make_clients()
        self._make_function()
        self._make_sources()
        for release in scenario.releases:
            self._release_at(release)

    def _make_clients(self) -> None:
        faults, world = self.scenario.faults, self.world
        self.sink = _SINKS[self.scenario.sink](world, self.ledger.committed, faults=faults.sink)
        self.store = S3Client(world, self.buckets, faults=faults.store, attempts=3)
        self.quarantine = S3Client(world, self.buckets, faults=faults.quarantine)
        self.lambdas_own = S3Client(world, self.buckets, faults=faults.on_failure)

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
            world.at(START + after, partial(self._reshard, how))
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
        # In some containers of a run the exact path alone: copies of a prediction must be equal all the same.
        engine = PYTHON if ledger.counts["containers"] % 3 == 0 else NATIVE
        pipeline = build(
            self.environment | {"SCORER_ENGINE": engine},
            clients=self._clients,
            clock=world.clock,
            monotonic=world.clock,
            random=world.random.random,
            sleep=world.pass_time,
            check=models.check,
            write=lambda line: lines.append(line) if NO_MODEL in line else None,
            in_flight=1,
        )

        served = False
        lines: list[str] = []  # of batches that were reported, not raised, for lack of a model

        def handle(event: Any, context: Context) -> Any:
            nonlocal served
            ledger.delivered(event)
            before = self._servable
            try:
                lines.clear()
                response = invoke(pipeline, context.event_json(), context)  # raw, as Lambda gives it
                if lines:
                    ledger.failed(
                        ModelUnavailable(), served=served, servable=before is not None and before == self._servable
                    )
                else:
                    served = True
                return response
            except BaseException as error:
                ledger.failed(error, served=served, servable=before is not None and before == self._servable)
                raise
            finally:
                ledger.ended()

        return handle

    @property
    def _servable(self) -> tuple[Released, int] | None:
        """The release that is out, if it names a version that verifies, and how many reads of the store went wrong."""
        if self._released is None or not servings([self._released]):
            return None
        counts = self.store.counts
        return self._released, counts.total() - counts["calls"] - counts["slow"]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MODEL_BUCKET": MODELS,
            "MODEL_NAME": models.NAME,
            "RELEASE_POLL_SECONDS": str(self.scenario.poll_seconds),
            "PREDICTION_SINK_TYPE": self.scenario.sink,
            "PREDICTION_SINK_TARGET": TARGETS[self.scenario.sink],
            "FAILURE_BUCKET": FAILURES,
            "QUARANTINE_PREFIX": QUARANTINE,
            "LOG_LEVEL": "ERROR",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        }

    def _clients(self, service: str, attempts: int = 1) -> Any:
        if service == "s3":
            return TwoSteps(self.store if attempts > 1 else self.quarantine)
        return TwoSteps(Witness(self.sink, self.ledger))

    def _release_at(self, release: Released) -> None:
        """Publish at its time; at once where that is the beginning."""
        if release.after_seconds:
            self.world.at(START + release.after_seconds, lambda: self.publish(release))
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
        document = Release(
            self._pointer(champion), "2026-01-02T03:04:05.000Z", challenger, release.share, previous=previous
        )
        self.buckets.put(MODELS, f"models/{models.NAME}/release.json", document.to_bytes())
        self._released = release
        self.world.note("released", release)

    def _pointer(self, artifact: Artifact) -> Pointer:
        manifest = artifact.manifest
        key = f"models/{models.NAME}/{manifest.version}"
        manifest_version = self.buckets.put(MODELS, f"{key}/{MANIFEST_FILE}", manifest.to_bytes()).version_id
        model_version = self.buckets.put(MODELS, f"{key}/{manifest.file.name}", artifact.model).version_id
        return Pointer(manifest.version, manifest.digest(), manifest_version, model_version)

    def heal(self) -> None:
        """End all faults."""
        for client in (self.sink, self.store, self.quarantine, self.lambdas_own):
            client.faults = CallFaults()
        self.function.faults = FunctionFaults()
        self.mapping.faults, self.queue_mapping.faults = PollerFaults(), QueueFaults()
        self.queued.faults = self.direct.faults = TopicFaults()
        self.invoker.faults = AsyncFaults()

    @cached_property
    def operators(self) -> dict[str, Any]:
        """What a redrive works with: clients without faults."""
        return {
            "s3": S3Client(self.world, self.buckets),
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
