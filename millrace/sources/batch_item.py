"""The operators' part of batches as an event source; `millrace.batch` runs them."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import states
from millrace.services.charges import Charge
from millrace.sources.operations import Client, Outputs, SourceOperations


class BatchItemSourceOperations(SourceOperations):
    name = "batch_item"
    path = "batch"
    # By run, not by row: `millrace batch run` estimates them.
    charges: tuple[Charge, ...] = ()
    age = None

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        yield states.check(place, name, states.machine(ask, output["arn"]))

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return None

    def target(self, output: Outputs, client: Client) -> None:
        return None
