"""docs/models.md shows every command on models, and no other."""

import re

import typer

from millrace.cli.model import app
from millrace.paths import ROOT

DOCUMENT = (ROOT / "docs" / "models.md").read_text()


def test_every_command_is_shown_and_no_other() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"^\$ millrace model (\w+)", DOCUMENT, re.MULTILINE)) == set(commands)
