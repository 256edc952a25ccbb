"""The operators' part of SQS as a prediction sink: one consumer takes each prediction, so no tool does."""

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import sqs
from millrace.sinks.operations import Outputs, SinkOperations, Unread


class SqsSinkOperations(Unread, SinkOperations):
    name = "sqs"
    resource = sqs.RESOURCE
    charges = (sqs.requests("one a prediction"),)
    entries = 10
    quota = None
    unread = "a queue hands each prediction to one consumer"

    def address(self, output: Outputs) -> str:
        address: str = output["target"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return sqs.check(place, name, sqs.attributes(ask, output["target"]))
