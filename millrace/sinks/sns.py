"""The operators' part of SNS as a prediction sink: subscribers read its predictions, so no tool does."""

from collections.abc import Callable
from typing import Any

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import sns
from millrace.services.quota import Quota
from millrace.sinks.operations import Outputs, PredictionReader, SinkOperations


class SnsSinkOperations(SinkOperations):
    name = "sns"
    resource = sns.RESOURCE
    charges = (sns.publishes("one a prediction"),)
    entries = 10
    quota = Quota("SNS", "Messages Published per Second", 30_000)

    def address(self, output: Outputs) -> str:
        address: str = output["target"]
        return address

    def check(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Finding:
        return sns.check(place, name, sns.attributes(ask, output["arn"]))

    def reader(self, output: Outputs, client: Callable[[str], Any], since: float | None) -> PredictionReader | None:
        return None
