"""Commands as documents and messages show them: in blocks of a console, and in a sentence between backticks."""

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from millrace.paths import ROOT

PROGRAMS = ("aws", "make", "millrace", "stream-producers")
_BLOCK = re.compile(r"^( *)```(console|sh|bash)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_ASSIGNED = re.compile(r"[A-Z][A-Z0-9_]*=.*")
# Of the changelog: what is no longer there.
_REMOVED = re.compile(r"^### Removed\n.*?(?=^##|\Z)", re.MULTILINE | re.DOTALL)
# What stands for something that the reader fills in, or leaves out.
_PLACEHOLDER = re.compile(r"…|\.\.\.")


class Shown(NamedTuple):
    """A command of a document. words : the program's arguments. whole : it is typed, not spoken of."""

    where: str
    program: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.where}: {self.program} {' '.join(self.words)}"


@cache
def commands() -> list[Shown]:
    """Of every document, and of every message that code prints."""
    of_documents = [command for path in documents() for command in shown(path)]
    return of_documents + [command for path in code() for command in spoken(path)]


def documents() -> list[Path]:
    """Every document but the decision records, which are of their day."""
    return [path for path in _tracked("*.md") if path.parent.name != "adr"]


def code() -> list[Path]:
    """What prints messages: Python and Terraform, without the tests."""
    return [path for path in _tracked("*.py", "*.tf") if path.relative_to(ROOT).parts[0] != "tests"]


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).exists()]


def shown(path: Path) -> Iterator[Shown]:
    """The commands of these programs in a document."""
    text = _REMOVED.sub("", path.read_text())
    where = path.relative_to(ROOT).as_posix()
    for whole, lines in ((True, _typed(text)), (False, inline(text))):
        for line in lines:
            yield from (Shown(where, program, words, whole) for program, words in _programs(line))


def spoken(path: Path) -> Iterator[Shown]:
    """The commands between backticks in the strings of Python, with VALUE for what is filled in, and in Terraform."""
    where = path.relative_to(ROOT).as_posix()
    for text in _strings(ast.parse(path.read_text())) if path.suffix == ".py" else [path.read_text()]:
        for line in inline(text):
            for name, words in _programs(line):
                if words or name not in {"aws", "make"}:  # alone, a parameter and a function
                    yield Shown(where, name, words, False)


def _strings(tree: ast.AST) -> Iterator[str]:
    parts = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "VALUE" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def flags(path: Path) -> set[str]:
    """Options that are named alone between backticks, such as `--dry-run`."""
    found = (code.split() for code in inline(path.read_text()))
    return {words[0].partition("=")[0] for words in found if words and re.match(r"--[a-z]", words[0])}


def _typed(text: str) -> Iterator[str]:
    """The lines of a script, and those of a console that begin with a dollar, without what it answered."""
    for _, kind, block in _BLOCK.findall(text):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            if line.strip().startswith("$ "):
                yield line.strip()[2:]
            elif kind != "console":
                yield line


def inline(text: str) -> Iterator[str]:
    for code in _INLINE.findall(_FENCED.sub("", text)):
        yield re.sub(r"\s+", " ", code)


def _programs(line: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each program of a line with its arguments; a line that is no command of a shell has none."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words = list(lexer)
    except ValueError:
        return
    command: list[str] = []
    for word in (*words, ";"):
        if not set(word) <= set("|&;()<>"):
            command.append(word)
            continue
        while command and _ASSIGNED.fullmatch(command[0]):
            del command[0]
        if command and (program := command[0].removeprefix(".venv/bin/").removeprefix("$BIN/")) in PROGRAMS:
            yield program, tuple(each for each in command[1:] if not _PLACEHOLDER.fullmatch(each))
        command = []
        if set(word) <= set("<>"):  # what follows is a file
            command = ["a file"]
