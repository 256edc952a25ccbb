"""Sending through a stack and settling what was sent, for the tests."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Self

from millrace.accounting.account import Account
from millrace.accounting.identity import by_id
from millrace.accounting.prediction import Prediction
from millrace.accounting.settle import Settlement
from millrace.accounting.sink_reader import SinkReader
from millrace.model.publish import publish
from millrace.paths import ROOT
from millrace.redrive import DEAD_LETTERS, ON_FAILURE, Selection
from millrace.redrive.stack import for_stack
from millrace.stack import Stack
from model_store.artifact import Artifact
from stream_producers.event import Event
from stream_producers.pace import Pace
from stream_producers.produce import produce
from stream_producers.receipts import Receipt
from stream_producers.targets import KinesisTarget, SnsTarget, Target
from tests.fakes.wait import look_until_true
from tests.integration.sinks import QueueReader

# For what must come: a busy machine takes many times as long as a quiet one, and a look that finds it ends the wait.
DEADLINE = 180.0


class Bursts(Pace):
    """A pace in few calls: they, not events, are what LocalStack is long about, and what else is under way waits."""

    TICK = 0.5


class Harness:
    """A stack under test: `send` as often as wanted, then `settle`. A context in which its sink is read."""

    def __init__(self, stack: Stack, *, observer_url: str | None = None) -> None:
        self.stack = stack
        self.receipts: list[Receipt] = []
        self.settlement = Settlement(stack)
        self._observer_url = observer_url
        self._contexts = ExitStack()

    def __enter__(self) -> Self:
        self._reader = self._make_reader()
        self._contexts.enter_context(self._reader)
        return self

    def __exit__(self, *_: object) -> None:
        self._contexts.close()

    @cached_property
    def stream(self) -> KinesisTarget:
        stream = self.stack.outputs["event_stream"]
        return KinesisTarget(stream["name"], stream["arn"], self.stack.client("kinesis"))

    @cached_property
    def topic(self) -> SnsTarget:
        return SnsTarget(self.stack.outputs["event_topic"]["arn"], self.stack.client("sns"))

    @property
    def predictions(self) -> dict[str, Prediction]:
        return self.settlement.found.predictions

    def by_id(self, receipts: Iterable[Receipt]) -> dict[str, Receipt]:
        """Receipts by the prediction id of their event, in their order."""
        return by_id(receipts, self.stack.outputs["model"]["name"])

    def publish(self, artifact: Artifact) -> None:
        publish(self.stack.model_store(), artifact)

    def serve(self, artifact: Artifact) -> None:
        """Publish a model that scores the next batch: a container that is warm may score one more without it."""
        self.publish(artifact)
        self.end_containers()

    def end_containers(self) -> None:
        kill(function_processes(self.stack.outputs["scorer"]["function_name"]))

    def send(self, events: Iterable[Event], target: Target, *, rate: float | None = None) -> list[Receipt]:
        """Send events; their receipts. Every one must be taken."""
        receipts: list[Receipt] = []
        report = produce(events, target, pace=Bursts(rate), receipts=receipts.extend)
        assert report.failed == 0, report
        self.receipts += receipts
        return receipts

    def settle(self, patience: float = DEADLINE) -> Account:
        """Wait until all that was sent is settled; the account, in which nothing is missing or out of place."""
        account = self.settlement.wait(self.receipts, check=self._reader.check, patience=patience)
        assert not account.unaccounted, self._account_of(account.unaccounted)
        assert not account.in_two_places, self._account_of(account.in_two_places)
        assert not account.wrong_code, self._account_of(account.wrong_code)
        return account

    def redrive(self) -> None:
        """Redrive what Lambda gave up on until nothing is left of it; from now on it must be found elsewhere."""
        redrive, given_up = for_stack(self.stack), Selection(origins=frozenset({ON_FAILURE, DEAD_LETTERS}))

        def all_done() -> bool:
            return redrive.run(given_up).complete and not redrive.survey(given_up).records

        wait_for(all_done)
        found = self.settlement.found
        found.on_failure.clear()
        found.dead_letters.clear()

    def _make_reader(self) -> SinkReader | QueueReader:
        sink = self.stack.outputs["prediction_sink"]
        if sink["type"] == "kinesis":
            return SinkReader(self.stack, self.settlement.add)
        url = self._observer_url or sink["target"]
        return QueueReader(self.stack.client("sqs"), url, self.settlement.add)

    def _account_of(self, ids: Iterable[str]) -> str:
        wanted = set(ids)
        return "\n".join(str(receipt) for key, receipt in self.by_id(self.receipts).items() if key in wanted)


def wait_for(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    """Poll until the condition holds, less often as time goes by; fails at the deadline."""
    assert look_until_true(condition, seconds), f"waited {seconds} s in vain"


def send_while(harness: Harness, condition: Callable[[], bool], events: Iterator[Event], rate: float = 400) -> None:
    """Send events to the stream as long as the condition holds."""
    while condition():
        harness.send(islice(events, 200), harness.stream, rate=rate)


def function_processes(function_name: str) -> list[int]:
    """The process ids that run a function in this project's own LocalStack, which starts them below its folder.

    The environment alone would also name those of another clone whose tests run on the same machine.
    """
    wanted = f"AWS_LAMBDA_FUNCTION_NAME={function_name}".encode()
    own = ROOT / ".millrace" / "localstack" / "tests"
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
                place = (folder / "cwd").readlink()
            except OSError:
                continue
            if wanted in variables and place.is_relative_to(own):
                found.append(int(folder.name))
    return found


def kill(processes: Iterable[int]) -> int:
    """Kill the processes; how many there were: one may have ended since it was looked for."""
    killed = 0
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            killed += 1
    return killed
