"""`millrace env`: what a consumer or producer needs to reach a stack, as lines for a shell."""

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from millrace.cli.common import StackName, one_line_errors

if TYPE_CHECKING:
    from millrace.stack import Stack


def env(stack: StackName = "local") -> None:
    """Print export lines with endpoint, region, keys and names of a stack: eval "$(millrace env)"."""
    from millrace.stack import Stack
    from terminal.console import write

    with one_line_errors():
        for name, value in variables(Stack.load(stack)):
            write(f"export {name}={shlex.quote(value)}")


def variables(stack: "Stack") -> Iterator[tuple[str, str]]:
    """Names and values. On AWS, credentials are the user's own and not among them."""
    from millrace.sinks import sink_part

    yield from stack.environment.items()
    outputs: Mapping[str, Any] = stack.outputs
    sink, evaluator = outputs.get("prediction_sink") or {}, outputs.get("evaluator") or {}
    found = {
        "MILLRACE_MODEL": (outputs.get("model") or {}).get("name"),
        "MILLRACE_EVENT_STREAM": (outputs.get("event_stream") or {}).get("name"),
        "MILLRACE_EVENT_TOPIC": (outputs.get("event_topic") or {}).get("arn"),
        "MILLRACE_PREDICTION_SINK_TYPE": sink.get("type"),
        "MILLRACE_PREDICTION_SINK": sink_part(sink["type"]).address(sink) if sink else None,
        "MILLRACE_OUTCOMES_STREAM": (evaluator.get("outcomes_stream") or {}).get("name"),
    }
    yield from ((name, value) for name, value in found.items() if value)
