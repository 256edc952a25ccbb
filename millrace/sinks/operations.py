"""What the operators' tools need of a prediction sink, for each type in a file of its own."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from millrace.accounting.prediction import Prediction
from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services.charges import Charge
from millrace.services.quota import Quota

Outputs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """Predictions that were read from a shard of the sink.

    unreadable : records of which nothing could be read. behind : seconds from what was read to the shard's end;
    above 0 where more may be there to read at once.
    """

    predictions: Sequence[Prediction]
    unreadable: int = 0
    shard: str = ""
    behind: float = 0.0


class PredictionReader(Protocol):
    """Reads predictions next to the sink's consumers, and takes nothing from them.

    service : whose API it calls. poll_seconds : how often it may be called.
    """

    service: str
    poll_seconds: float

    def open(self) -> None:
        """Find where to begin, which the first call does otherwise. Raises what the client raises."""

    def __call__(self, report: Callable[[Published], None]) -> None:
        """Report what is new. Raises what the client raises, and continues from there the next time."""


class SinkOperations(Protocol):
    """One type of prediction sink.

    name : as in the registry of functions/sinks. resource : the Terraform resource by which a plan shows it.
    charges : what a prediction costs. entries : predictions that one call takes. quota : of predictions a second; None
    where there is none, or where it follows from the sink's size. unread : why a smoke test cannot read predictions;
    empty: it can.

    `output` is the sink's member of Terraform's output `sinks`.
    """

    name: str
    resource: str
    charges: Sequence[Charge]
    entries: int
    quota: Quota | None
    unread: str

    def address(self, output: Outputs) -> str:
        """What a consumer reads by: a stream's name, an ARN or a queue's URL."""

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        """What `millrace doctor` finds of the sink that is called `name` in the outputs."""

    def observer(
        self, output: Outputs, client: Callable[[str], Any], name: str
    ) -> AbstractContextManager[PredictionReader | None]:
        """Reads what is published while the context lasts, next to the consumers; `unread` says why there is None.

        name : of what is made for it, which is gone at the end.
        """

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader | None:
        """None where reading would take predictions from their consumers.

        since : begin with what was published then, in seconds since the epoch; None: from now on.
        """


class ReadInPlace:
    """A sink that can be read by any number of readers: a smoke test's is one of them."""

    unread = ""

    def observer(
        self: SinkOperations, output: Outputs, client: Callable[[str], Any], name: str
    ) -> AbstractContextManager[PredictionReader | None]:
        return nullcontext(self.reader(output, client, None))


class Unread:
    """A sink that no tool reads; `unread` is the type's own."""

    def observer(
        self, output: Outputs, client: Callable[[str], Any], name: str
    ) -> AbstractContextManager[PredictionReader | None]:
        return nullcontext(None)

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader | None:
        return None
