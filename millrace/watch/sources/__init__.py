"""What is asked: the sink, the scorer's log, the release, drift, alarms. Nothing here changes or takes anything."""

from typing import Any

from millrace import sinks
from millrace.doctor.ask import PATIENCE
from millrace.doctor.checks.alarms import wanted
from millrace.doctor.finding import ExaminedStack
from millrace.stack import Stack
from millrace.watch import state
from millrace.watch.feed import PolledSource
from millrace.watch.sources import drift, log, standing


def of_stack(stack: Stack, since: float | None, began: float) -> list[PolledSource]:
    """The sources that a stack has.

    since : when to begin with the sink's predictions, in seconds since the epoch; None: from now on. began : with the
    log's lines.
    """
    outputs, scorer, evaluator = stack.outputs, stack.outputs["scorer"], stack.outputs.get("evaluator")

    def client(service: str) -> Any:
        return stack.client(service, PATIENCE)

    lines = log.LogReader(client("logs"), scorer["log_group"], scorer["function_name"], began)
    release = standing.release(stack.model_store())
    alarms = standing.alarms(client("cloudwatch"), wanted(ExaminedStack(stack.name, outputs)))
    sources = [
        PolledSource(state.LOG, log.POLL_SECONDS, lines, "logs"),
        PolledSource(state.RELEASE, standing.RELEASE_SECONDS, release, "s3"),
        PolledSource(state.ALARMS, standing.ALARMS_SECONDS, alarms, "cloudwatch"),
    ]
    part, output = sinks.deployed(outputs)[sinks.PREDICTION_SINK]
    if reader := part.reader(output, client, since):
        sources.append(PolledSource(state.SINK, reader.poll_seconds, reader, reader.service))
    if evaluator:
        found = drift.latest(client("s3"), evaluator["bucket"], outputs["model"]["name"])
        sources.append(PolledSource(state.DRIFT, drift.POLL_SECONDS, found, "s3"))
    return sources
