"""Every relative link in the project's documents leads to a file, and to a heading where it names one."""

import re
import subprocess
import sys
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    documents = [ROOT / name for name in _tracked("*.md") if (ROOT / name).exists()]
    broken = [line for document in documents for line in _broken(document)]
    print("\n".join(broken), file=sys.stderr, end="\n" if broken else "")
    return 1 if broken else 0


def _tracked(pattern: str) -> list[str]:
    """Documents that git knows of, or would add."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603


def _broken(document: Path) -> list[str]:
    found = []
    for link in _links(document):
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        where = f"{document.relative_to(ROOT)}: {link}"
        if not target.exists():
            found.append(f"{where}: no such file")
        elif heading and heading not in _headings(target):
            found.append(f"{where}: no such heading")
    return found


def _links(document: Path) -> list[str]:
    links = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in _tokens(document)]
    return [link for link in links if link and not re.match(r"[a-z]+:", link)]


def _headings(document: Path) -> set[str]:
    """The anchors that GitHub gives headings."""
    lines = re.findall(r"^#+\s+(.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def _tokens(document: Path) -> list[Token]:
    tokens = MarkdownIt().parse(document.read_text())
    return [child for token in tokens for child in token.children or ()]


if __name__ == "__main__":
    sys.exit(main())
