"""Short texts in several languages: what Django says to its users, from the catalogues of its translators (BSD)."""

import ast
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from millrace.errors import UserError
from millrace.paths import ROOT

LOCK = ROOT / "requirements" / "texts.txt"
LANGUAGES = ("cs", "da", "de", "es", "fi", "fr", "hu", "it", "nl", "pl", "pt", "ro", "sv", "tr")
SHORTEST = 12  # characters
# Places for values, tags and entities, which are the same in every language.
_PLACES = re.compile(r"%\([^)]*\)[sd]|%[sd]|\{[^}]*\}|<[^>]*>|&\w+;")
_ENTRY = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")$')


class Text(NamedTuple):
    text: str
    language: str


def fetch(folder: Path) -> Path:
    """The folder with Django's wheel, unpacked; from PyPI, as the lock has it. Raises UserError."""
    found = folder / "django"
    if not found.is_dir():
        command = [
            str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--target", str(folder),
            "--python", sys.executable, "--no-deps", "--require-hashes", "--requirements", str(LOCK),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
        if done.returncode:
            raise UserError(f"the texts could not be fetched from PyPI: {done.stderr.strip()[-300:]}")
    return found


def read(folder: Path, seed: int = 1) -> list[Text]:
    """The texts of all languages, each once, shuffled."""
    found = {
        Text(text, language)
        for language in LANGUAGES
        for path in sorted(folder.glob(f"**/locale/{language}/LC_MESSAGES/django*.po"))
        for text in map(_plain, _translations(path.read_text("utf-8")))
        if len(text) >= SHORTEST
    }
    texts = sorted(found)
    random.Random(seed).shuffle(texts)
    return texts


def _plain(text: str) -> str:
    return " ".join(_PLACES.sub(" ", text).split())


def _translations(catalogue: str) -> Iterator[str]:
    """The translations in a catalogue of gettext, but the doubtful ones."""
    for block in re.split(r"\n\s*\n", catalogue):
        if re.search(r"^#,.*fuzzy", block, re.MULTILINE):
            continue
        entry, at = dict[str, str](), ""
        for line in block.splitlines():
            if found := _ENTRY.match(line):
                at = found[1]
                entry[at] = ast.literal_eval(found[2])
            elif at and line.startswith('"'):
                entry[at] += ast.literal_eval(line)
        if entry.get("msgid"):
            yield from (text for name, text in entry.items() if name.startswith("msgstr") and text)
