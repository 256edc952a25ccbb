"""The pages on models show every command on models, and no other."""

import re

import typer

from millrace.cli.model import app
from millrace.paths import ROOT

PAGES = [(ROOT / "docs" / name).read_text() for name in ("score-your-own-stream.md", "change-models.md", "deep.md")]


def test_every_command_is_shown_and_no_other() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"^\$ millrace model ([\w-]+)", "\n".join(PAGES), re.MULTILINE)) == set(commands)
