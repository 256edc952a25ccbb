"""What SNS and SQS share: messages are text, and an answer names each entry of a batch as successful or failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from stream_producers.event import Event
from stream_producers.targets.retry import Refused, Taken


def refusal(event: Event, message: str) -> str | None:
    """Why an event can never be sent as such a message ("an SQS message"); None where it can."""
    if not event.data:
        return f"{message} has at least one character"
    try:
        event.data.decode()
    except UnicodeDecodeError:
        return f"{message} is UTF-8 text"
    return None


def verdicts(answer: Mapping[str, Any], count: int, arn: str, target: str) -> Sequence[Taken | Refused]:
    """What became of each of `count` entries, whose ids are their numbers.

    An entry that the answer does not name is sent again rather than lost; one at which the sender is at fault is not.
    """
    found: dict[str, Taken | Refused] = {
        entry["Id"]: Taken((arn, entry["MessageId"])) for entry in answer.get("Successful", [])
    }
    for entry in answer.get("Failed", []):
        found[entry["Id"]] = Refused(f"{target}: {entry['Code']}", may_pass=not entry.get("SenderFault", False))
    return [found.get(str(i)) or Refused(f"{target}: no answer") for i in range(count)]
