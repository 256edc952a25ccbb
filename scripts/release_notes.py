#!/usr/bin/env python3
"""Print what the changelog says of a version: release_notes.py v0.2.0. Fails where the project has another version."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notes(tag: str, root: Path = ROOT) -> str:
    """The changelog's section on the version that `tag` names. Raises ValueError."""
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    if tag != f"v{version}":
        raise ValueError(f"expected the tag v{version}, the version of pyproject.toml, got {tag}")
    found = re.search(
        rf"^## {re.escape(version)} [-–—] \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)",
        (root / "CHANGELOG.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    if not found or not found[1].strip():
        raise ValueError(f"CHANGELOG.md: expected a section '## {version} - <date>' with text, found none")
    return found[1].strip() + "\n"


def main() -> int:
    try:
        print(notes(*sys.argv[1:]), end="")
    except (TypeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
