"""Which code ran."""

import subprocess
from functools import cache

from millrace.paths import ROOT


@cache
def commit() -> str:
    """The commit of the working tree, marked where the tree has changes; "unknown" outside a repository."""
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        return f"{found} with changes" if _git("status", "--porcelain", "--untracked-files=no") else found
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
