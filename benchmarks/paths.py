"""Where the benchmarks keep what they make."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / ".millrace" / "bench"
DOCS = ROOT / "docs"
