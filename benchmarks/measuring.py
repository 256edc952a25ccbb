"""What is measured by rounds in worker processes: whole handlers, predictors, decoders, stages."""

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from benchmarks import attributions, decoders, handlers, predictors, shapes, stages
from benchmarks.aws import Aws
from benchmarks.forms import FORMS, peer
from benchmarks.handlers import EVENT, Kind
from benchmarks.results import Results
from benchmarks.rounds import interleave
from benchmarks.rows import ResultRow
from benchmarks.worker import Skip, Worker
from benchmarks.workload import Size, Workload

BATCHES = (1_000, 5_000)
GROWING_RECORDS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
GROWING_TREES = (10, 30, 100, 300, 1_000, 3_000)
GROWING_FEATURES = (5, 10, 20, 50, 100, 200, 500)
ROWS = (1, 10, 100, 1_000, 10_000)
SHAPE_ROWS = (1, 100, 1_000, 10_000)
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
# What handles records one by one costs the same in every batch: in large ones it would only take time.
LARGEST_ONE_BY_ONE = 1_000
FEW = 50  # records, to see that a handler does what it should
GROWING = (handlers.NATIVE, handlers.PYTHON, handlers.JOINED)


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look: seconds for each set of contestants, and rounds at most."""

    seconds: float
    rounds: int
    quick: bool


class Bench:
    """Runs what is to be measured and keeps the figures in `results`."""

    def __init__(self, aws: Aws, results: Results, effort: Effort, tell: Callable[[str], None]) -> None:
        self.aws, self.results, self.effort, self.tell = aws, results, effort, tell

    def handlers(self, trees: Iterable[int], ways: Iterable[str]) -> None:
        """Whole handlers, and the yardstick."""
        for model in map(Size, trees):
            for way in ways:
                self.tell(f"whole handlers, {model}, {way}")
                with self.workers(handlers.WHOLE, model, way) as workers:
                    self._weigh(workers, model, way)
                    only = self._one_by_one(BATCHES) if self.effort.quick else {}
                    self._measure("handler", workers, BATCHES, model, way, only)

    def _weigh(self, workers: Iterable[Worker], model: Size, way: str) -> None:
        """How many bytes the predictions have: the same for each model and way."""
        for worker in workers:
            weighed = self.results.find("prediction", worker.name)
            if worker.name in (handlers.NATIVE.name, handlers.COMPACT.name) and not weighed:
                self.aws.forget()
                worker.result(FEW)
                sizes = [len(text) for text in self.aws.published()]
                row = ResultRow("prediction", worker.name, statistics.mean(sizes), size=FEW, trees=model.trees, way=way)
                self.results.add(row)

    def sources(self) -> None:
        """What a record costs by the source that it comes from."""
        self.tell("sources")
        with self.workers(handlers.BY_SOURCE, Size(), EVENT) as workers:
            self._measure("by source", workers[1:], BATCHES, Size(), EVENT, scale=0.5)

    def forms(self) -> None:
        """What an event costs by the form that it has; and a handler made of msgspec, where it reads that form."""
        self.tell("forms of events")
        kinds = [(name, handlers.NATIVE) for name in FORMS]
        kinds += [(name, handlers.JOINED) for name, form in FORMS.items() if form.peer]
        with ExitStack() as stack:
            workers = [worker for name, kind in kinds if (worker := self._form(stack, name, kind))]
            self._measure("by form", workers, BATCHES[:1], Size(), EVENT, scale=2.0)

    def _form(self, stack: ExitStack, form: str, kind: Kind) -> Worker | None:
        """A handler in its process. It has proved that it publishes a prediction of each event."""
        name = form if kind is handlers.NATIVE else peer(form)
        worker = self._start(stack, self._handler(replace(kind, name=name, form=form), Size(), EVENT))
        if worker:
            self.aws.forget()
            worker.result(FEW)
            if (found := len(self.aws.published())) != FEW:
                raise RuntimeError(f"{name}: expected {FEW} predictions in the sink, got {found}")
        return worker

    def _handler(self, kind: Kind, model: Size, way: str) -> Worker:
        """A handler that has yet to start, with the model that it loads released."""
        size = replace(model, form=kind.form)
        environment = self.aws.environment(self._released(size), secured=kind.secured) | dict(kind.settings)
        members = {"engine": kind.engine, "source": kind.source}
        options = {"size": size, "way": way, **{name: value for name, value in members.items() if value}}
        return Worker(kind.name, kind.place, environment, options)

    def _released(self, size: Size) -> Workload:
        workload = Workload(size).make()
        self.aws.release(workload)
        return workload

    def growth(self) -> None:
        """How the cost of a record grows with the batch, the trees and the features."""
        self.tell("growth by records")
        sizes = GROWING_RECORDS[::2] if self.effort.quick else GROWING_RECORDS
        with self.workers(handlers.KINDS, Size(), EVENT) as workers:
            self._measure("by records", workers, sizes, Size(), EVENT, self._one_by_one(sizes))
        if self.effort.quick:
            self.results.skip("growth by trees, growth by features", "a quick run trains no further models")
            return
        for section, models in (
            ("by trees", [Size(trees=count) for count in GROWING_TREES]),
            ("by features", [Size(features=count) for count in GROWING_FEATURES]),
        ):
            for model in models:
                self.tell(f"growth {section}: {model}")
                with self.workers(GROWING, model, EVENT) as workers:
                    self._measure(section, workers, (1_000,), model, EVENT, scale=0.25)

    def predictors(self) -> None:
        self.tell("predictors")
        names = [name for name in predictors.MAKERS if not (self.effort.quick and name == predictors.TL2CGEN)]
        if self.effort.quick:
            self.results.skip(predictors.TL2CGEN, "a quick run compiles no models")
        with self._started("benchmarks.predictors:BenchmarkedPredictor", names, ONE_THREAD) as workers:
            _agreeing(workers)
            self._measure("predict", workers, ROWS[:4] if self.effort.quick else ROWS, Size())

    def shapes(self) -> None:
        """Trees of every shape, against what else evaluates them."""
        for left_out, reason in shapes.LEFT_OUT.items():
            self.results.skip(f"{left_out}, by shape", reason)
        for name in shapes.QUICK if self.effort.quick else shapes.SHAPES:
            self.tell(f"trees: {name}")
            shape = shapes.SHAPES[name]
            shape.make()
            with ExitStack() as stack:
                made = (
                    Worker(maker, "benchmarks.shapes:BenchmarkedShape", ONE_THREAD, {"shape": name, "name": maker})
                    for maker in shapes.MAKERS
                )
                workers = [worker for worker in (self._start(stack, worker, f", {name}") for worker in made) if worker]
                model = Size(shape.trees, shape.features, shape.depth)
                self._measure("by shape", workers, SHAPE_ROWS, model, name, scale=0.5)

    def attributions(self) -> None:
        """Why a score is what it is: SHAP values, against what else computes them."""
        for name in attributions.QUICK if self.effort.quick else attributions.ATTRIBUTED:
            self.tell(f"attributions: {name}")
            shape = shapes.SHAPES[name]
            shape.make()
            place = "benchmarks.attributions:BenchmarkedAttributions"
            with ExitStack() as stack:
                made = (
                    Worker(maker, place, ONE_THREAD, {"shape": name, "name": maker}) for maker in attributions.MAKERS
                )
                workers = [
                    worker
                    for worker in (self._start(stack, worker, f", attributions, {name}") for worker in made)
                    if worker
                ]
                model = Size(shape.trees, shape.features, shape.depth)
                self._measure("attributions", workers, attributions.ROWS, model, name, scale=0.5)

    def decoders(self) -> None:
        self.tell("decoders")
        with self._started("benchmarks.decoders:Decoder", decoders.MAKERS, {}) as workers:
            self._measure("decode", workers, BATCHES, Size())

    def stages(self) -> None:
        self.tell("stages of the native engine")
        with self._started("benchmarks.stages:Stage", stages.MAKERS, {}) as workers:
            self._measure("stage", workers, BATCHES, Size(), scale=0.5)

    def _one_by_one(self, sizes: Iterable[int]) -> dict[str, list[int]]:
        """The batches for those who handle records one by one."""
        small = [size for size in sizes if size <= LARGEST_ONE_BY_ONE]
        return {kind.name: small for kind in (handlers.POWERTOOLS, handlers.PER_RECORD)}

    @contextmanager
    def workers(self, kinds: Iterable[Kind], model: Size, way: str) -> Iterator[list[Worker]]:
        """Handlers in their processes, the yardstick first. Each has proved that it publishes what it should."""
        environment = self.aws.environment(self._released(model))
        with ExitStack() as stack:
            raw = stack.enter_context(Worker(handlers.RAW.name, handlers.RAW.place, environment, {"size": model}))
            started = [raw]
            for kind in kinds:
                if kind.secured and not self.aws.secured_url:
                    self._skip(kind.name, "openssl was not found")
                elif worker := self._start(stack, self._handler(kind, model, way)):
                    started.append(worker)
            for worker in started[1:]:
                self._check(worker, raw)
            yield started

    @contextmanager
    def _started(self, place: str, names: Iterable[str], environment: Mapping[str, str]) -> Iterator[list[Worker]]:
        Workload(Size()).make()
        with ExitStack() as stack:
            made = (Worker(name, place, environment, {"size": Size(), "name": name}) for name in names)
            yield [worker for worker in (self._start(stack, worker) for worker in made) if worker]

    def _start(self, stack: ExitStack, worker: Worker, what: str = "") -> Worker | None:
        try:
            return stack.enter_context(worker)
        except Skip as skip:
            self._skip(f"{worker.name}{what}", str(skip))
            return None

    def _skip(self, name: str, reason: str) -> None:
        if self.results.skipped.get(name) != reason:
            self.tell(f"skipped: {name}: {reason}")
        self.results.skip(name, reason)

    def _check(self, worker: Worker, raw: Worker, records: int = FEW) -> None:
        """No handler may leave out what makes the work: every event's score is in the sink, and is the yardstick's."""
        self.aws.forget()
        worker.result(records)
        published = map(json.loads, self.aws.published())
        found = {prediction["event_id"]: prediction["score"] for prediction in published}
        expected = raw.result(records).tolist()
        if len(found) != records or _apart([found[event] for event in sorted(found)], expected) > predictors.TOLERANCE:
            raise RuntimeError(f"{worker.name}: expected the scores of {records} events in the sink, got {len(found)}")

    def _measure(
        self,
        section: str,
        workers: list[Worker],
        sizes: Iterable[int],
        model: Size,
        way: str = "",
        only: Mapping[str, Iterable[int]] | None = None,
        scale: float = 1.0,
    ) -> None:
        figures = interleave(
            workers, tuple(sizes), seconds=self.effort.seconds * scale, rounds=self.effort.rounds, only=only or {}
        )
        self.aws.forget()
        self.results.add_figures(section, figures, model, way)


def _agreeing(workers: list[Worker], rows: int = 100) -> None:
    """All predictors give the same scores, or the race is not worth a look."""
    found = {worker.name: predictors.scores(worker.result(rows)).tolist() for worker in workers}
    expected = found[predictors.IN_PLACE]
    for name, scores in found.items():
        if _apart(scores, expected) > predictors.TOLERANCE:
            raise RuntimeError(f"{name}: expected the scores of {predictors.IN_PLACE}, got others")


def _apart(some: list[float], others: list[float]) -> float:
    """The largest difference of two lists of scores."""
    return max(abs(one - other) for one, other in zip(some, others, strict=True))
