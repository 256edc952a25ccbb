"""Documents, help texts, errors, log messages, docstrings and comments use no word that scripts/words.toml replaces.

    check_words.py                every tracked file that is read by people
    check_words.py --documents    only Markdown
    check_words.py FILE …         these

Prints `file:line: word: what to write instead` and exits with 1. Names in code are not checked.
"""

import argparse
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("*.md",)
CODE = (
    *(f"{folder}/*.py" for folder in ("functions", "localstack", "millrace", "stream_producers", "terminal")),
    *("*.tf", "*.tfvars", "*.c", "*.h", "*.yml", "*.yaml", "Makefile", "benchmarks/template.txt"),
    *("scripts/*", ".ci/*", ":(exclude)*.toml"),
)

LINK_TARGET = re.compile(r"\]\([^)]*\)|^\[[^\]]+\]: .*", re.MULTILINE)
HCL_TEXT = re.compile(r'"(?:\\.|[^"\\])*"|#[^\n]*|//[^\n]*|/\*.*?\*/', re.DOTALL)
C_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
SHELL_TEXT = re.compile(r'"[^"\n]*"|(?<!\S)#[^\n]*')
# What leads a line of a comment: a phrase may go over the end of the line.
LEADERS = re.compile(r"^[ \t]*(?:#+|//|\*(?!/)|/\*)", re.MULTILINE)
PYTHON_TEXT = {tokenize.COMMENT, tokenize.STRING, tokenize.FSTRING_MIDDLE}


@dataclass(frozen=True, slots=True)
class Word:
    pattern: re.Pattern[str]
    instead: str


@dataclass(slots=True)
class Allowed:
    """A phrase that may stay in some files: whether one of these was checked, and whether one has it."""

    files: str
    phrase: str
    because: str
    seen: bool = False
    used: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    words: Sequence[Word]
    allowed: Sequence[Allowed] = field(default_factory=tuple)
    pending: Sequence[str] = ()

    @classmethod
    def read(cls, path: Path) -> "Words":
        data: dict[str, Any] = tomllib.loads(path.read_text())
        return cls(
            [Word(_compiled(word["pattern"]), word["instead"]) for word in data["word"]],
            [Allowed(**one) for one in data.get("allow", [])],
            data.get("pending", []),
        )

    def unused(self) -> list[str]:
        return [
            f"scripts/words.toml: allowed in {one.files}, and no longer there: {one.phrase}"
            for one in self.allowed
            if one.seen and not one.used
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Find words that the project has replaced (scripts/words.toml).")
    parser.add_argument("files", nargs="*", type=Path, help="These files; every tracked one without.")
    parser.add_argument("--documents", action="store_true", help="Only Markdown.")
    options = parser.parse_args(arguments)

    words = Words.read(ROOT / "scripts" / "words.toml")
    files = [file.resolve() for file in options.files] or _tracked(DOCUMENTS if options.documents else DOCUMENTS + CODE)
    found = [line for file in files for line in check(file, words)] + words.unused()
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


def check(file: Path, words: Words) -> list[str]:
    """A line for each replaced word in the file, in their order."""
    name = file.relative_to(ROOT).as_posix()
    if any(fnmatch(name, pattern) for pattern in words.pending):
        return []
    text = _without(visible(name, file.read_text()), [one for one in words.allowed if fnmatch(name, one.files)])
    found = sorted(
        (match.start(), " ".join(match[0].split()), word.instead)
        for word in words.words
        for match in word.pattern.finditer(text)
    )
    return [f"{name}:{text.count('\n', 0, start) + 1}: {what}: write {instead}" for start, what, instead in found]


def visible(name: str, text: str) -> str:
    """The text with spaces in place of what is not read as prose: same length, same lines."""
    match PurePath(name).suffix:
        case ".py":
            return _kept(text, _python(text))
        case ".tf" | ".tfvars":
            return _kept(text, _spans(HCL_TEXT, text))
        case ".c" | ".h":
            return _kept(text, _spans(C_TEXT, text))
        case "" | ".yml" | ".yaml":
            return _kept(text, _spans(SHELL_TEXT, text))
        case _:
            return LINK_TARGET.sub(_blank, text)


def _python(text: str) -> Iterator[tuple[int, int]]:
    """Where comments and strings begin and end."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in PYTHON_TEXT:
            yield starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in pattern.finditer(text))


def _kept(text: str, spans: Iterator[tuple[int, int]]) -> str:
    """Only the spans, without what leads the lines of comments."""
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    kept = [piece if place % 2 else _blanked(piece) for place, piece in enumerate(pieces)]
    return LEADERS.sub(_blank, "".join(kept))


def _without(text: str, allowed: Sequence[Allowed]) -> str:
    for one in allowed:
        one.seen = True
        text, times = _compiled(re.escape(one.phrase).replace(r"\ ", " ")).subn(_blank, text)
        one.used |= times > 0
    return text


def _blank(match: re.Match[str]) -> str:
    return _blanked(match[0])


def _blanked(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE)


def _tracked(patterns: Sequence[str]) -> list[Path]:
    """Files that git knows of, or would add. In a pattern `*` matches folders too."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603
    return [ROOT / name for name in names if (ROOT / name).is_file()]


if __name__ == "__main__":
    sys.exit(main())
