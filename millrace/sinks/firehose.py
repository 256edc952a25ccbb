"""The operators' part of Firehose as a prediction sink: what it delivers is read by its destination's own tools."""

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import firehose
from millrace.services.charges import Charge
from millrace.services.quota import Quota
from millrace.sinks.operations import Outputs, SinkOperations, Unread


class FirehoseSinkOperations(Unread, SinkOperations):
    name = "firehose"
    resource = firehose.RESOURCE
    # Records are billed in steps of 5 KB: 200,000 of them are a gigabyte.
    charges = (Charge("Firehose GB", firehose.GIGABYTES, "5 KB a prediction", per=200_000),)
    entries = 500
    quota = Quota("Firehose", "Rate of put records", 500_000)
    unread = "Firehose delivers after the time of its buffer, in the form of its destination"

    def address(self, output: Outputs) -> str:
        address: str = output["arn"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return firehose.check(place, name, firehose.description(ask, output["name"]))
