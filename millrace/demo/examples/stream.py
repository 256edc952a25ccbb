"""Events by each source, predictions out, and every event accounted for."""

from pathlib import Path
from types import MappingProxyType

from botocore.exceptions import BotoCoreError, ClientError

from millrace import report
from millrace.console import show
from millrace.demo import run as demo
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.errors import UserError
from millrace.paths import ROOT
from millrace.stack import Stack


class StreamExample(Example):
    events = MappingProxyType({"event_stream": 10_000, "event_topic": 500})

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        """Whether every event ended where it was due. Raises UserError where the stack did not take every event."""
        outcome = demo.DemoRun(stack, load)()
        show.CONSOLE.print(show.summary_table(outcome.account))
        _keep(place, stack, outcome)
        if outcome.refused:
            reasons = ", ".join(f"{count} × {reason}" for reason, count in outcome.refused.most_common())
            raise UserError(f"not every event was taken by the stack: {reasons}")
        return outcome.account.complete


EXAMPLE = StreamExample


def _keep(place: LocalPlace, stack: Stack, outcome: demo.DemoOutcome) -> None:
    """Write down the run. Its result does not depend on that."""
    logs = [place.terraform().folder / "plan.json"]
    logs += [place.localstack.log_file] if place.localstack else []
    try:
        folder = demo.keep(stack, outcome, logs)
    except (OSError, BotoCoreError, ClientError) as error:
        show.error(f"not all of the run's records were kept: {error}")
    else:
        show.CONSOLE.print(f"scored by the {demo.engines(folder) or 'function, whose log does not say how'}")
        show.CONSOLE.print(f"kept in {folder}: receipts, predictions, summary, plan, logs")
        _report(folder)


def _report(folder: Path) -> None:
    """Write the page of the run. Its result does not depend on that."""
    try:
        page = report.write(ROOT / folder)
    except (OSError, UserError) as error:
        show.error(f"the report was not written: {error}")
    else:
        show.CONSOLE.print(f"report: {page.relative_to(ROOT)} (open it in a browser)")
