"""Commands of `millrace` as a test calls them: exit code, standard output and standard error."""

import json
import re
from typing import Any

from typer.testing import CliRunner

from millrace.cli import app

RUNNER = CliRunner()


def run(*arguments: object) -> tuple[int, str, str]:
    """Raises what the command raised, but for its exit."""
    result = RUNNER.invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def plain(text: str) -> str:
    """A text without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def run_model(*arguments: object) -> tuple[int, str, str]:
    """`millrace model …`, with its standard output plain."""
    code, out, err = run("model", *arguments)
    return code, plain(out), err


def said(*arguments: object) -> str:
    """What a `millrace model …` that succeeds prints, its spaces made one."""
    code, out, err = run_model(*arguments)
    assert (code, err) == (0, "")
    return re.sub(r" +", " ", out).replace(" \n", "\n").strip()


def answer(*arguments: object) -> Any:
    return json.loads(said(*arguments, "--json"))
