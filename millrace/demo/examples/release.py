"""A better version on its way into production, then a worse one, which is rolled back: verdicts on labelled traffic."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from types import MappingProxyType
from typing import Any

from millrace.console import show
from millrace.demo import training
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.model import catalogue, operator
from millrace.model.releases import Operator, Releases
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.releasing.workflows import ReleaseWorkflows
from millrace.replay.send import send_outcomes, target
from millrace.stack import Stack
from model_store.artifact import Artifact
from releases.record import PROMOTED, ROLLED_BACK, WorkflowStep
from stream_producers.pace import Pace
from stream_producers.produce import produce
from stream_producers.receipts import Receipt
from stream_producers.synthetic import LABEL, Sessions

STREAM = "event_stream"
# The champion that the demo begins with has seen little, and learned for a moment.
FIRST_ROWS, FIRST_ROUNDS = 500, 3
# The version that is worse was trained on a table whose labels were joined to the wrong rows.
WORSE_ROWS = 5_000
# Traffic goes in portions, each followed by what happened; the evaluator is started more often than its schedule does.
PORTION, EVALUATE_SECONDS = 500, 5.0


class ReleaseExample(Example):
    parts = ("release",)
    events = MappingProxyType({STREAM: PORTION})

    def train(self, name: str, on_round: Callable[[int, int], None]) -> Artifact:
        table = labelled(Sessions(training.SEED).table(FIRST_ROWS), LABEL)
        return train(table, Recipe(name, "first", rounds=FIRST_ROUNDS), on_round)

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        workflows, by = ReleaseWorkflows.of(stack), operator.caller(stack)
        name = stack.outputs["model"]["name"]
        with show.step("Two candidates trained: on all sessions, and on labels of the wrong rows"):
            better = training.train_built_in(name, lambda done, total: None, version="better")
            worse = train(_shuffled(), Recipe(name, "worse", rounds=40))
        with _labelled_traffic(stack, load):
            ends = [_released(stack, workflows, by, candidate) for candidate in (better, worse)]
        champion = catalogue.released(stack.model_store()).champion.version
        show.CONSOLE.print(f"champion: {champion}", markup=False)
        return ends == [PROMOTED, ROLLED_BACK] and champion == "better"


EXAMPLE = ReleaseExample


def _shuffled() -> Any:
    table = Sessions(training.SEED).table(WORSE_ROWS)
    return labelled(table.with_columns(table[LABEL].shuffle(seed=1)), LABEL)


def _released(stack: Stack, workflows: ReleaseWorkflows, by: str, candidate: Artifact) -> str:
    """How the workflow of a candidate ends."""
    Releases(stack.model_store(), Operator(by)).store(candidate)
    version = candidate.manifest.version
    show.CONSOLE.print(f"$ millrace release start --version {version} --wait", markup=False)
    began = time.monotonic()
    ended = workflows.wait(workflows.start(version, by, why="the demo"), _show)
    state = ended.record.state if ended.record else ended.status
    show.CONSOLE.print(f"{version}: {state} in {time.monotonic() - began:.0f} s", markup=False)
    return state


def _show(step: WorkflowStep) -> None:
    show.CONSOLE.print(f"  {step.at[11:19]}  {step.name:<9} {step.detail}", markup=False)


@contextmanager
def _labelled_traffic(stack: Stack, load: Load) -> Iterator[None]:
    """Events without end, each followed by what happened. A failure ends the demo when the context is left."""
    stop, failures = threading.Event(), list[BaseException]()

    def until_stopped(portion: Callable[[int], None], seconds: float) -> None:
        try:
            for number in count():
                portion(number)
                if stop.wait(seconds):
                    return
        except BaseException as error:  # of a thread: raised again below
            failures.append(error)

    def send(number: int) -> None:
        receipts: list[Receipt] = []
        size = load.events[STREAM]
        events = islice(Sessions(load.seed).events(load.start + number * size), size)
        produce(events, target(stack, STREAM), pace=Pace(load.rate), receipts=receipts.extend)
        send_outcomes(stack, receipts)

    client = stack.client("lambda")

    def evaluate(_: int) -> None:
        function = stack.outputs["evaluator"]["function_name"]
        client.invoke(FunctionName=function, Qualifier="live", Payload=json.dumps({"evaluate": {}}))

    threads = [
        threading.Thread(target=until_stopped, args=(send, 1.0)),
        threading.Thread(target=until_stopped, args=(evaluate, EVALUATE_SECONDS)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
