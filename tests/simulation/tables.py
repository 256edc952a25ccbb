"""The tables of docs/reliability.md, made of the results that are kept."""

import re
from pathlib import Path

from millrace.paths import ROOT
from tests.simulation.totals import Totals

DOCUMENT = ROOT / "docs" / "reliability.md"
_BETWEEN = re.compile(r"(<!-- simulation: begin -->\n).*?(<!-- simulation: end -->)", re.DOTALL)
_OUTCOMES = (
    "events", "predictions", "quarantined", "duplicate predictions", "invocations", "records given up by the mapping",
    "dead letters", "records redriven",
)  # fmt: skip


def tables(totals: Totals, commit: str, seeds: list[int]) -> str:
    """Outcomes, paths and faults of the runs."""
    head = f"Commit {commit}, seeds {min(seeds)} to {max(seeds)}: {totals.runs:,} runs.\n"
    outcomes = [("**violations**", f"**{len(totals.failures)}**")]
    outcomes += [(name.replace("given up", "discarded"), f"{totals.outcomes[name]:,}") for name in _OUTCOMES]
    paths = [(name, f"{count:,}") for name, count in sorted(totals.paths.items())]
    faults = [(name, f"{count:,} in {totals.struck[name]:,} runs") for name, count in sorted(totals.faults.items())]
    parts = (("outcome", outcomes), ("path", paths), ("fault", faults))
    return "\n".join([head, *(_table(title, rows) for title, rows in parts)])


def write(text: str, document: Path = DOCUMENT) -> None:
    """Put the tables where the document has its marks. Raises ValueError without them."""
    before = document.read_text()
    after, count = _BETWEEN.subn(lambda marks: f"{marks[1]}{text}{marks[2]}", before)
    if count != 1:
        raise ValueError(f"expected one place for the simulation's tables, got {count} ({document}); restore its marks")
    document.write_text(after)


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    return "".join([f"| {title} | times |\n|---|---:|\n", *(f"| {name} | {value} |\n" for name, value in rows)])
