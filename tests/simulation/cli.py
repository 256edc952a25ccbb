"""`python -m tests.simulation`: many seeds at once, or one of them with everything that happened in it.

Exit codes: 0 no violation; 1 a violation, or a path that none of many runs took; 130 Ctrl-C.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.simulation import tables
from tests.simulation.faults import KINDS
from tests.simulation.kept import Kept, KeptScopes
from tests.simulation.run import RECORDS, attempt
from tests.simulation.small_scope import SCOPES, Searched, searched
from tests.simulation.totals import Totals
from tests.simulation.version import commit
from tests.simulation.workers import results

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
OUT = Console(highlight=False, soft_wrap=True)

INTERRUPTED = 130


@app.command()
def simulate(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds to run.")] = 50,
    first: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    records: Annotated[int, typer.Option(min=100, help="Events in one run.")] = RECORDS,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.process_cpu_count() or 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave out the seeds, or scopes, that this commit has run.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the tables of docs/reliability.md.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Run this seed alone, and show what happened.")] = None,
    small_scope: Annotated[
        bool, typer.Option("--small-scope", help="Instead of seeds: every run of three records with up to two faults.")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0.01, help="Time for the small scopes together, on free cores.")] = 10.0,
) -> None:
    """Run the real scorer inside simulated event sources, and check that nothing is lost."""
    if small_scope:
        raise typer.Exit(_small_scope(minutes * 60, jobs, resume=resume, write=write))
    if seed is not None:
        raise typer.Exit(_one(seed, records))
    raise typer.Exit(_many(range(first, first + seeds), records, jobs, resume=resume, write=write))


def _one(seed: int, records: int) -> int:
    result = attempt(seed, records, fingerprint=True)
    if result.failure:
        OUT.print(result.failure, markup=False, style="red")
        return 1
    OUT.print(result.trace, markup=False)
    _summary(Totals.of([result]), 0.0)
    OUT.print(f"digest {result.digest}")
    return 0


def _many(seeds: range, records: int, jobs: int, *, resume: bool, write: bool) -> int:
    kept, interrupted = Kept(commit(), records), False
    done = {seed: result for seed, result in kept.results().items() if seed in seeds} if resume else {}
    totals = Totals.of(done.values())
    began, before = time.monotonic(), totals.records
    OUT.print(f"{len(seeds):,} seeds from {seeds.start} × {records:,} events on {jobs} processes, commit {commit()}")
    if done:
        OUT.print(f"{len(done):,} of them are done")
    with _progress() as progress:
        bar = progress.add_task("", total=len(seeds), completed=len(done), speed="", violations="")
        try:
            for result in results([seed for seed in seeds if seed not in done], records, jobs):
                totals.add(result)
                kept.add(result)
                speed = (totals.records - before) / (time.monotonic() - began)
                progress.update(
                    bar, advance=1, speed=f"{speed:,.0f} records/s", violations=f"{len(totals.failures)} violations"
                )
                if result.failure:
                    progress.console.print(result.failure, markup=False, style="red")
        except KeyboardInterrupt:
            interrupted = True
    _summary(totals, time.monotonic() - began)
    if write and not interrupted:
        tables.write(tables.tables(totals, commit(), list(seeds)), tables.SEEDS)
    if totals.failures:
        OUT.print(f"violations at the seeds {', '.join(str(failed.seed) for failed in totals.failures)}", style="red")
        return 1
    if totals.untaken:
        OUT.print(f"no run took these paths: {', '.join(totals.untaken)}", style="red")
        return 1
    return INTERRUPTED if interrupted else 0


def _small_scope(seconds: float, jobs: int, *, resume: bool, write: bool) -> int:
    """Every scope; exit code 1 for a violation, or where the time was up before all was run."""
    kept = KeptScopes(commit())
    done = kept.results() if resume else {}
    todo = [scope for scope in SCOPES if scope.name not in done]
    OUT.print(f"{len(todo)} of {len(SCOPES)} scopes on {jobs} processes, commit {commit()}")
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        running = [pool.submit(searched, seconds, scope) for scope in todo]
        for future in as_completed(running):
            found = done[future.result().scope] = future.result()
            kept.add(found)
            if found.violation:
                OUT.print(f"{found.scope}: {found.violation}", markup=False, style="red")
    all_found = [done[scope.name] for scope in SCOPES]
    _print_scopes(all_found)
    if write:
        tables.write(tables.scopes(all_found, commit()), tables.SCOPES)
    return 0 if all(found.complete for found in all_found) else 1


def _print_scopes(scopes: list[Searched]) -> None:
    table = Table("scope", "runs", "most choices", "faults cut", "not entered", "seconds", title="Small scopes")
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for found in scopes:
        counts = (found.runs, found.longest, found.cut, found.left, round(found.seconds))
        table.add_row(found.scope, *(f"{count:,}" for count in counts))
    OUT.print(table)
    violations = sum(bool(found.violation) for found in scopes)
    late = "; not complete: the time was up" if any(found.left for found in scopes) else ""
    OUT.print(f"{sum(found.runs for found in scopes):,} runs, {violations} violations{late}")


def _progress() -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TextColumn("{task.fields[violations]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=OUT,
    )


def _summary(totals: Totals, seconds: float) -> None:
    outcomes = Table("outcome", "count", title=f"{totals.runs:,} runs, {len(totals.failures)} violations")
    outcomes.columns[1].justify = "right"
    for name, count in totals.outcomes.items():
        outcomes.add_row(name, f"{count:,}")
    faults = Table("fault", "times", "runs", title="What went wrong")
    for column in faults.columns[1:]:
        column.justify = "right"
    for kind in KINDS:
        faults.add_row(kind, f"{totals.faults[kind]:,}", f"{totals.struck[kind]:,}")
    paths = Table("path", "times", title="Ways that were taken")
    paths.columns[1].justify = "right"
    for name, count in totals.paths.items():
        paths.add_row(name, f"{count:,}")
    OUT.print(outcomes)
    OUT.print(paths)
    OUT.print(faults)
    if seconds:
        OUT.print(f"{totals.records:,} events in {seconds:,.0f} s, {totals.speed:,.0f} a second of one core")
