"""What a check found, and how an answer of AWS becomes that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from millrace.doctor.ask import Absent, Answer, Denied, Failed, Known


class Status(StrEnum):
    """ok: as it should be. warning: it works, but look at it. fault: it does not. unknown: it could not be checked."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what is, and where that is not as it should be, the fix (mostly a command)."""

    check: str
    status: Status
    what: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class ExaminedStack:
    """The stack as the checks need it: its name, Terraform's outputs, and the endpoint where that is not AWS's own."""

    name: str
    outputs: Mapping[str, Any]
    endpoint: str | None = None

    @property
    def scorer(self) -> str:
        """The function and its alias, as event sources call it."""
        return f"{self.outputs['scorer']['function_name']}:{self.outputs['scorer']['alias']}"

    @property
    def deploy(self) -> str:
        """The command that brings what is missing."""
        return "make up" if self.name == "local" else f"make deploy ENV={self.name}"

    def aws(self, command: str) -> str:
        """A command of the AWS CLI, for this endpoint."""
        return f"AWS_ENDPOINT_URL={self.endpoint} aws {command}" if self.endpoint else f"aws {command}"

    def millrace(self, command: str) -> str:
        return f".venv/bin/millrace {command} --stack {self.name}"


def ok(check: str, what: str) -> Finding:
    return Finding(check, Status.OK, what)


def warning(check: str, what: str, fix: str) -> Finding:
    return Finding(check, Status.WARNING, what, fix)


def fault(check: str, what: str, fix: str) -> Finding:
    return Finding(check, Status.FAULT, what, fix)


def unknown(check: str, what: str, fix: str = "") -> Finding:
    return Finding(check, Status.UNKNOWN, what, fix)


def judged[T](
    check: str, answer: Answer[T], judge: Callable[[T], Finding], absent: str, *, missing: Status = Status.FAULT
) -> Finding:
    """The judge's finding on what is known; else why it is not known.

    absent : what brings it where it is not there; `missing` says how bad that is.
    """
    match answer:
        case Known(value):
            return judge(value)
        case Denied(action):
            return unknown(check, f"{action} is not allowed to you", f"allow {action}, or ask an administrator")
        case Absent(what):
            return Finding(check, missing, f"there is none: {what}", absent)
        case Failed(why):
            return unknown(check, f"no answer: {why}", "run it again; if it stays so, look at the service's own status")
