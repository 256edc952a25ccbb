"""What stops a producer.

ProducerError
├── InputUnreadable   the file to replay, or a column of it, is not what was asked for
└── TargetFailed      the target refused a whole call, or did not answer in any attempt; carries the report

Interrupted           Ctrl-C, with the report; a KeyboardInterrupt, so that it ends whatever does not expect it

An event that the target refuses by itself stops nothing: the report counts it as failed, with the reason.
"""

from stream_producers.report import Report


class ProducerError(Exception):
    """Base of the errors that end a run of a producer."""


class InputUnreadable(ProducerError):
    """The input does not hold what was asked for; the message names the file and the column or line."""


class TargetFailed(ProducerError):
    """The target accepts no events for now. `report` has what was sent before, where a run was under way."""

    def __init__(self, message: str, report: Report | None = None) -> None:
        super().__init__(message)
        self.report = report


class Interrupted(KeyboardInterrupt):
    """The run was ended by Ctrl-C; `report` has what was sent before."""

    def __init__(self, report: Report) -> None:
        super().__init__("interrupted")
        self.report = report
