"""Commands as users type them, each in a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from millrace.paths import ROOT
from millrace.stack import Stack
from tests.integration.harness import wait_for

MOST_COMMANDS = 6


class UserShell:
    """A user at a terminal, with a stack that plain Terraform applied; counts the commands.

    Between users the stack is forgotten again; what it has of AWS stays.
    """

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder, self.commands = stack, folder, 0
        self._name = stack.name
        self._outputs = folder / "outputs.json"
        self._outputs.write_text(json.dumps(dict(stack.outputs)))

    def __call__(self, line: str) -> str:
        """Type a line; its standard output. The test fails if it ends with another code than 0."""
        self.commands += 1
        ended = self._run(line)
        assert ended.returncode == 0, f"$ {line}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def add_stack(self) -> str:
        """What `make up` does for a user of the local stack: it makes the stack known."""
        environment = self.stack.environment
        return self(
            f"millrace stack add {self._name} --outputs {self._outputs} --region {environment['AWS_REGION']} "
            f"--endpoint-url {environment['AWS_ENDPOINT_URL']}"
        )

    def consume(self, complete: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Run the sample consumer until the predictions are complete; they are returned."""
        state, found = self.folder / "predictions.sqlite", list[dict[str, Any]]()
        line = (
            f'eval "$(millrace env --stack {self._name})" && python {ROOT}/examples/consumer/consumer.py '
            f'--stream "$MILLRACE_PREDICTION_SINK" --state {state} --until-idle'
        )
        self.commands += 1  # once, and then again where predictions were still to come

        def read() -> bool:
            ended = self._run(line)
            assert ended.returncode == 0, ended.stderr
            with sqlite3.connect(state) as database:
                found[:] = [json.loads(body) for (body,) in database.execute("SELECT body FROM predictions")]
            database.close()
            return complete(found)

        wait_for(read, 600)
        return found

    def forget(self) -> None:
        self.stack.forget()

    def _run(self, line: str) -> subprocess.CompletedProcess[str]:
        """The environment of the user's shell has keys for the emulator, as for AWS."""
        own = {name: value for name, value in self.stack.environment.items() if name.endswith(("KEY_ID", "ACCESS_KEY"))}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env={**os.environ, **own, "PATH": path},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
