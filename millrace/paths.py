"""Where things are in the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
SCRATCH = ROOT / ".millrace"
