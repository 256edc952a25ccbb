"""The operators' part of EventBridge as a prediction sink: its rules pass predictions on, so no tool reads them."""

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import events
from millrace.services.quota import Quota
from millrace.sinks.operations import Outputs, SinkOperations, Unread


class EventBridgeSinkOperations(Unread, SinkOperations):
    name = "eventbridge"
    resource = events.RESOURCE
    charges = (events.puts("one a prediction, for each 64 KB"),)
    entries = 10
    quota = Quota("EventBridge", "PutEvents throttle limit in transactions per second", 10_000)
    unread = "a new rule passes events on only after a while"

    def address(self, output: Outputs) -> str:
        address: str = output["target"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return events.check(place, name, events.bus(ask, output["name"]))
