"""The tables of docs/reliability.md, made of the results that are kept."""

import re
from pathlib import Path

from millrace.paths import ROOT
from tests.simulation.small_scope import Searched
from tests.simulation.totals import Totals

DOCUMENT = ROOT / "docs" / "reliability.md"
SEEDS, SCOPES = "simulation", "small scopes"  # the marks around each part
_OUTCOMES = (
    "events", "predictions", "quarantined", "duplicate predictions", "invocations", "records given up by the mapping",
    "dead letters", "records redriven",
)  # fmt: skip


def tables(totals: Totals, commit: str, seeds: list[int]) -> str:
    """Outcomes, paths and faults of the runs."""
    head = f"Commit {commit}, seeds {min(seeds)} to {max(seeds)}: {totals.runs:,} runs.\n"
    outcomes = [("**violations**", f"**{len(totals.failures)}**")]
    outcomes += [("events a second of one core", f"{totals.speed:,.0f}")]
    outcomes += [(name.replace("given up", "discarded"), f"{totals.outcomes[name]:,}") for name in _OUTCOMES]
    paths = [(name, f"{count:,}") for name, count in sorted(totals.paths.items())]
    faults = [(name, f"{count:,} in {totals.struck[name]:,} runs") for name, count in sorted(totals.faults.items())]
    parts = (("outcome", outcomes), ("path", paths), ("fault", faults))
    return "\n".join([head, *(_table(title, rows) for title, rows in parts)])


def scopes(found: list[Searched], commit: str) -> str:
    """What was explored of each small scope."""
    runs, seconds = sum(scope.runs for scope in found), sum(scope.seconds for scope in found)
    violations = sum(bool(scope.violation) for scope in found)
    whole = "complete" if all(scope.complete for scope in found) else "not complete"
    head = (
        f"Commit {commit}: **{runs:,} runs of {len(found)} scopes, {whole}, {violations} violations**, "
        f"{seconds / 60:.1f} minutes of processor time.\n\n"
    )
    rows = [
        f"| {scope.scope} | {scope.runs:,} | {scope.longest} | {scope.cut:,} | {scope.left:,} |\n" for scope in found
    ]
    columns = "| scope | runs | most choices in a run | third faults cut | not entered |\n|---|---:|---:|---:|---:|\n"
    return "".join([head, columns, *rows])


def write(text: str, part: str, document: Path = DOCUMENT) -> None:
    """Put the tables where the document has the marks of that part. Raises ValueError without them."""
    between = re.compile(rf"(<!-- {part}: begin -->\n).*?(<!-- {part}: end -->)", re.DOTALL)
    after, count = between.subn(lambda marks: f"{marks[1]}{text}{marks[2]}", document.read_text())
    if count != 1:
        raise ValueError(f"expected one place for the tables of {part}, got {count} ({document}); restore its marks")
    document.write_text(after)


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    return "".join([f"| {title} | times |\n|---|---:|\n", *(f"| {name} | {value} |\n" for name, value in rows)])
