"""What a function logged, read while it runs."""

import json
from typing import Any

from millrace.accounting import invocation_lines
from millrace.accounting.invocation_lines import LoggedInvocation
from millrace_localstack.launcher import LocalStack
from telemetry.metrics import FAILED
from tests.integration.harness import Harness

# What Lambda itself writes around an invocation.
PLATFORM = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")


class FunctionLog:
    """What a stack's scorer, or its evaluator, logged since this was made."""

    def __init__(self, localstack: LocalStack, stack: Harness, function: str = "scorer") -> None:
        self._path = localstack.function_logs / f"{stack.stack.outputs[function]['function_name']}.log"
        self._from = self._path.stat().st_size if self._path.exists() else 0

    def text(self) -> str:
        if not self._path.exists():
            return ""  # nothing has called the function yet
        with self._path.open("rb") as file:
            file.seek(self._from)
            written = file.read()
        return written[: written.rfind(b"\n") + 1].decode()  # a line may be written at this moment

    def own_lines(self) -> list[dict[str, Any]]:
        """What the function's own code wrote. Raises ValueError for a line that is no JSON."""
        return [json.loads(line) for line in self.text().splitlines() if not line.startswith(PLATFORM)]

    def invocations(self) -> list[LoggedInvocation]:
        return [told for line in self.text().splitlines() if (told := invocation_lines.read(line))]

    def failures(self) -> list[str]:
        """The lines that stand for an invocation that failed, or for records that did."""
        signs = ("Traceback", "Task timed out", "Runtime exited")
        lines = self.text().splitlines()
        return [line for line in lines if any(sign in line for sign in signs) or _failed(line)]


def _failed(line: str) -> bool:
    told = invocation_lines.read(line)
    return told is not None and told.metric(FAILED) > 0
