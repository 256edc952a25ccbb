"""Commands of `millrace` as a test calls them: exit code, standard output and standard error."""

import json
import re
from typing import Any

import pytest
from typer.testing import CliRunner

from millrace.cli import app
from model_store import isolated
from model_store.verify import verify

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


def publish(*arguments: object) -> None:
    """`millrace model publish …` as set-up: the version is verified in this process, not in a child of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolated, "check", verify)
        code, _, err = run_model("publish", *arguments)
    assert code == 0, err


def said(*arguments: object) -> str:
    """What a `millrace model …` that succeeds prints, its spaces made one."""
    code, out, err = run_model(*arguments)
    assert (code, err) == (0, "")
    return re.sub(r" +", " ", out).replace(" \n", "\n").strip()


def answer(*arguments: object) -> Any:
    return json.loads(said(*arguments, "--json"))
