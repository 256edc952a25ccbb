"""The operators' part of SNS as a prediction sink: subscribers read its predictions, so no tool does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import sns, sqs
from millrace.services.quota import Quota
from millrace.services.temporary_queue import subscribed
from millrace.sinks.operations import Outputs, PredictionReader, SinkOperations
from millrace.sinks.queue_reader import QueuePredictionReader


class SnsSinkOperations(SinkOperations):
    name = "sns"
    resource = sns.RESOURCE
    charges = (sns.publishes("one a prediction"),)
    entries = 10
    quota = Quota("SNS", "Messages Published per Second", 30_000)
    unread = ""

    def address(self, output: Outputs) -> str:
        address: str = output["target"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return sns.check(place, name, sns.attributes(ask, output["arn"]))

    @contextmanager
    def observer(self, output: Outputs, client: Callable[[str], Any], name: str) -> Iterator[PredictionReader]:
        """A queue that is subscribed to the topic."""
        with subscribed(client(sqs.SERVICE), client(sns.SERVICE), name, output["arn"], raw=True) as queue:
            yield QueuePredictionReader(queue)

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader | None:
        return None
