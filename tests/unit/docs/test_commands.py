"""Every command that a document or a message shows is there: `make` with its variables, `millrace` with its options."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import typer

from millrace.cli import app
from millrace.paths import ROOT
from stream_producers.cli import app as producers
from tests.unit.docs.shown_commands import Shown, commands, documents, flags

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())
VARIABLES = set(re.findall(r"\$\((?:or \$\()?([A-Z_]+)\)", MAKEFILE)) | set(re.findall(r"\b([A-Z][A-Z_]+)=", MAKEFILE))
# Typer has a click of its own.
PROGRAMS: Mapping[str, Any] = {
    "millrace": typer.main.get_command(app),
    "stream-producers": typer.main.get_command(producers),
}
# Options of other programs that the pages below name alone.
OTHERS = {"--enabled"}
COMMANDS = commands()


def test_commands_are_found() -> None:
    found = {command.program for command in COMMANDS}
    assert found == {"aws", "make", *PROGRAMS}
    assert len(COMMANDS) > 400


def test_every_target_is_phony() -> None:
    """A file of a target's name must not keep it from being run."""
    named = re.findall(r"^([a-z][a-z -]*):.* ## ", MAKEFILE, re.MULTILINE)
    assert {target for line in named for target in line.split()} == TARGETS


@pytest.mark.parametrize("command", sorted({c for c in COMMANDS if c.program == "make"}), ids=str)
def test_a_target_is_in_the_makefile(command: Shown) -> None:
    words = list(command.words)
    if "-C" in words:  # the folder of the Makefile, from that of the document
        at = words.index("-C")
        assert ((ROOT / command.where).parent / words[at + 1]).resolve() == ROOT
        del words[at : at + 2]
    assigned = {word.partition("=")[0] for word in words if "=" in word}
    targets = {word for word in words if "=" not in word and not word.startswith("-")}

    assert targets <= TARGETS
    assert assigned <= VARIABLES


@pytest.mark.parametrize("command", sorted({c for c in COMMANDS if c.program in PROGRAMS}), ids=str)
def test_a_command_is_parsed(command: Shown) -> None:
    words = list(command.words)
    try:
        parse(PROGRAMS[command.program], command.program, words)
    except Exception as error:
        if command.whole or not str(error).endswith("requires an argument."):
            raise
        parse(PROGRAMS[command.program], command.program, [*words, "VALUE"])  # it is spoken of without one


def test_options_that_are_named_alone_are_some_commands() -> None:
    known = OTHERS | {option for program in PROGRAMS.values() for option in options(program)}
    pages = [path for path in documents() if path.parent in (ROOT, ROOT / "docs")]
    unknown = {path.name: found for path in pages if (found := flags(path) - known)}
    assert len(pages) > 15
    assert not unknown


def parse(command: Any, name: str, words: list[str]) -> None:
    """Parse as the program does, up to the values. Raises what it would refuse.

    What a reader fills in may be left out: a subcommand, an argument.
    """
    context = command.context_class(command, info_name=name)
    _, rest, _ = command.make_parser(context).parse_args(list(words))
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        assert not rest, f"{name} takes no argument {rest[0]}"
    elif rest:
        assert rest[0] in subcommands, f"{name} has no command {rest[0]}"
        parse(subcommands[rest[0]], rest[0], rest[1:])


def options(command: Any) -> set[str]:
    found = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    return found.union(*(options(each) for each in getattr(command, "commands", {}).values()))


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["model", "publis"], "model has no command publis"),
        (["smoke", "--no-such"], "No such option: --no-such"),
        (["smoke", "--stack"], "'--stack' requires an argument"),
        (["smoke", "extra"], "smoke takes no argument extra"),
    ],
)
def test_what_is_not_there_is_found(words: list[str], refused: str) -> None:
    with pytest.raises(Exception, match=refused):
        parse(PROGRAMS["millrace"], "millrace", words)
