"""What the operators' tools need of an event source, for each type in a file of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services.charges import Charge

if TYPE_CHECKING:
    from stream_producers.targets import Target

Outputs = Mapping[str, Any]
Client = Callable[[str, Any], Any]
"""A client of a service, by its name and botocore's configuration."""


@dataclass(frozen=True, slots=True)
class CloudWatchMetric:
    """A metric of AWS's own. dimension : the name of the one dimension that it is kept by. unit_seconds : its unit."""

    namespace: str
    name: str
    dimension: str
    unit_seconds: float


class SourceOperations(Protocol):
    """One type of event source.

    name : as in the registry of functions/sources. path : its box of the architecture, as in receipts and accounts.
    charges : what an event costs before the scorer is called. age : how long events wait, where AWS measures that.

    `output` is the source's member of Terraform's output `sources`.
    """

    name: str
    path: str
    charges: Sequence[Charge]
    age: CloudWatchMetric | None

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        """What `millrace doctor` finds of the source that is called `name` in the outputs."""

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        """The KMS key that encrypts it; None where it has none, or where that is not known."""

    def target(self, output: Outputs, client: Client) -> "Target | None":
        """Where `millrace produce` sends synthetic events; None where it cannot."""
