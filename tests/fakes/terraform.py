"""An executable `terraform` that says what it is told to, and remembers how it was called."""

import ast
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Built-in modules only, so that it starts at once.
SCRIPT = """\
#!{python} -ISB
import os, signal, sys, time

here = os.path.dirname(__file__) + "/"
command = next(argument for argument in sys.argv[1:] if not argument.startswith("-"))
try:
    answer = eval(open(here + command + ".answer").read())
except FileNotFoundError:
    answer = dict()


def append(name, text):
    with open(here + name, "a") as file:
        file.write(text)


def stop(number, frame):
    append("signals", str(number) + " ")
    if answer.get("stubborn"):
        return
    os.write(1, b"stopping")  # a closed pipe is the end of it
    append("state", "whole")
    sys.exit(1)


for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, stop)
if answer.get("provider") and not os.fork():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends when Terraform kills it, and has pipes of its own
    os.closerange(0, 3)
    append("providers", str(os.getpid()) + " ")
    while True:
        time.sleep(60)
environment = dict(os.environ)
call = dict(command=command, arguments=sys.argv[1:], environment=environment, group=os.getpgid(0), pid=os.getpid())
append("calls", repr(call) + "\\n")
for line in answer.get("output", []):
    print(line, flush=True)
print(answer.get("errors", ""), file=sys.stderr, end="", flush=True)
while answer.get("hangs"):
    time.sleep(60)
sys.exit(answer.get("status", 0))
"""


@dataclass
class FakeTerraform:
    """`folder` belongs first on the PATH. Commands print nothing and succeed unless told otherwise."""

    folder: Path

    @classmethod
    def install(cls, folder: Path) -> "FakeTerraform":
        folder.mkdir(parents=True)
        executable = folder / "terraform"
        executable.write_text(SCRIPT.replace("{python}", sys.executable))
        executable.chmod(0o755)
        return cls(folder)

    def answers(
        self,
        command: str,
        *output: Any,
        errors: str = "",
        status: int = 0,
        hangs: bool = False,
        stubborn: bool = False,
        provider: bool = False,
    ) -> None:
        """What a command prints, line by line (what is not text as JSON), and its exit status.

        hangs : it goes on until a signal ends it in good order. stubborn : not even then.
        provider : it starts one, which does not end by itself.
        """
        lines = [line if isinstance(line, str) else json.dumps(line) for line in output]
        answer = {"output": lines, "errors": errors, "status": status, "hangs": hangs, "stubborn": stubborn}
        answer["provider"] = provider
        (self.folder / f"{command}.answer").write_text(repr(answer))

    @property
    def calls(self) -> Sequence[dict[str, Any]]:
        """The calls so far: command, arguments, environment, process id and process group."""
        path = self.folder / "calls"
        whole, _, _ = (
            path.read_text().rpartition("\n") if path.exists() else ("", "", "")
        )  # the last may be half written
        return [ast.literal_eval(line) for line in whole.splitlines()]

    @property
    def commands(self) -> list[str]:
        return [call["command"] for call in self.calls]

    def call(self, command: str) -> dict[str, Any]:
        """The only call of that command."""
        (found,) = (call for call in self.calls if call["command"] == command)
        return found

    @property
    def signals(self) -> list[int]:
        """The signals that reached it."""
        path = self.folder / "signals"
        return [int(number) for number in path.read_text().split()] if path.exists() else []

    @property
    def providers(self) -> list[int]:
        """The process ids of the providers that it started."""
        path = self.folder / "providers"
        return [int(number) for number in path.read_text().split()] if path.exists() else []

    @property
    def ended_in_good_order(self) -> bool:
        return (self.folder / "state").exists()


def created(address: str, action: str = "create") -> dict[str, Any]:
    """Terraform's message that a resource is done."""
    return {
        "@level": "info",
        "@message": f"{address}: Creation complete after 0s",
        "hook": {"resource": {"addr": address, "resource_type": "aws_s3_bucket"}, "action": action},
        "type": "apply_complete",
    }


def planned(address: str, action: str = "create") -> dict[str, Any]:
    """Terraform's message that a resource will be changed."""
    return {"type": "planned_change", "change": {"resource": {"addr": address}, "action": action}}


def diagnostic(severity: str, summary: str, detail: str | None = None) -> dict[str, Any]:
    """Terraform's message about something that is not well."""
    members = {"severity": severity, "summary": summary} | ({} if detail is None else {"detail": detail})
    return {"@level": severity, "@message": summary, "diagnostic": members, "type": "diagnostic"}
