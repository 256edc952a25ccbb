"""`millrace model …` as a test calls it."""

import json
import re
from typing import Any

from typer.testing import CliRunner

from millrace.cli import app

RUNNER = CliRunner()


def run(*arguments: object) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, ["model", *(str(argument) for argument in arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, re.sub(r"\x1b\[[0-9;]*m", "", result.stdout), result.stderr


def said(*arguments: object) -> str:
    """What a command that succeeds prints, its spaces made one."""
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    return re.sub(r" +", " ", out).replace(" \n", "\n").strip()


def answer(*arguments: object) -> Any:
    return json.loads(said(*arguments, "--json"))
