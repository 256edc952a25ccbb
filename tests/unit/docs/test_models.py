"""The pages on models show every command on models, and no other; the examples' say what their stack must be."""

import re

import typer

from millrace.cli.model import app
from millrace.paths import ROOT

PAGES = [(ROOT / "docs" / name).read_text() for name in ("score-your-own-stream.md", "change-models.md", "deep.md")]


def test_every_command_is_shown_and_no_other() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"^\$ millrace model ([\w-]+)", "\n".join(PAGES), re.MULTILINE)) == set(commands)


def test_an_example_that_is_published_names_the_stacks_model_and_its_libraries() -> None:
    """`millrace model publish` refuses a model of another name than the stack's."""
    pages = [
        text for path in sorted(ROOT.glob("examples/*/README.md")) if "model publish" in (text := path.read_text())
    ]
    assert len(pages) >= 3
    for page in pages:
        imported = re.findall(r"model import .*?--name (\w+)", page, re.DOTALL)
        assert imported
        assert all(f'model = {{ name = "{name}" }}' in page for name in imported)
        assert "`onnx = true`" in page
