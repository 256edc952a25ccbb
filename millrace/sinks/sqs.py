"""The operators' part of SQS as a prediction sink: one consumer takes each prediction, so no tool does."""

from collections.abc import Callable
from typing import Any

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import sqs
from millrace.sinks.operations import Outputs, PredictionReader, SinkOperations


class SqsSinkOperations(SinkOperations):
    name = "sqs"
    resource = sqs.RESOURCE
    charges = (sqs.requests("one a prediction"),)
    entries = 10
    quota = None

    def address(self, output: Outputs) -> str:
        address: str = output["target"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return sqs.check(place, name, sqs.attributes(ask, output["target"]))

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader | None:
        return None
