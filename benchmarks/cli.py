"""The command line of `python -m benchmarks`."""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import certificate, cold_start, machine, memory, report, sizes
from benchmarks.aws import Aws
from benchmarks.handlers import BYTES, EVENT
from benchmarks.measuring import Bench, Effort
from benchmarks.paths import ROOT, SCRATCH
from benchmarks.results import Results, UnreadableResults
from benchmarks.rows import ResultRow

FULL = Effort(seconds=30, rounds=15, quick=False)
QUICK = Effort(seconds=6, rounds=5, quick=True)
PARTS = (
    *("handlers", "sources", "forms", "stages", "predictors", "shapes", "attributions", "decoders", "growth"),
    *("cold-start", "memory", "end-to-end"),
)
FIGURES, QUICK_FIGURES = SCRATCH / "results.json", SCRATCH / "quick-results.json"
END_TO_END = SCRATCH / "end-to-end.json"


def main() -> None:
    arguments = _arguments()
    console = Console(width=None if Console().is_terminal else 160)
    begun = time.monotonic()

    def tell(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:5.0f} s  {text}[/dim]", highlight=False)

    figures = QUICK_FIGURES if arguments.quick else FIGURES
    here = machine.describe()
    results = Results(here) if arguments.quick or set(arguments.parts) == set(PARTS) else earlier(figures, here)
    run(results, arguments.parts, QUICK if arguments.quick else FULL, tell, figures)
    report.show(results, console)
    if missing := [part for part in PARTS if part not in results.parts]:
        console.print(f"docs/benchmarks.md stays as it is: {', '.join(missing)} was not measured; figures: {figures}")
    elif arguments.quick:
        console.print(f"a quick run leaves docs/benchmarks.md as it is; figures: {figures}")
    else:
        console.print(f"written: {report.write(results)}")


def earlier(figures: Path, here: dict[str, str]) -> Results:
    """The figures that parts measured again complete; none where nothing was measured.

    Raises SystemExit if they are of another machine, or of other versions: ratios between the two would say nothing.
    """
    try:
        results = Results.read(figures)
    except FileNotFoundError:
        return Results(here)
    except UnreadableResults as error:
        raise SystemExit(f"{error}; run `make bench` without PARTS") from None
    for name in {**here, **results.machine}:
        before, now = results.machine.get(name), here.get(name)
        if before != now:
            raise SystemExit(
                f"{figures}: expected figures of this machine, got {name} {before!r} where it is {now!r} now; "
                "run `make bench` without PARTS"
            )
    return results


def run(results: Results, parts: Sequence[str], effort: Effort, tell: Callable[[str], None], figures: Path) -> None:
    """Measure the parts; keep what comes of each in the results, and those in the file."""
    with Aws(certificate=certificate.make()) as aws:
        bench = Bench(aws, results, effort, tell)
        rounds = 5 if effort.quick else 15
        actions: dict[str, Callable[[], None]] = {
            "handlers": lambda: bench.handlers((300, 100), (EVENT,) if effort.quick else (EVENT, BYTES)),
            "sources": bench.sources,
            "forms": bench.forms,
            "stages": bench.stages,
            "predictors": bench.predictors,
            "shapes": bench.shapes,
            "attributions": bench.attributions,
            "decoders": bench.decoders,
            "growth": bench.growth,
            "cold-start": lambda: cold_start.measure(aws, results, sizes.measure(results, tell), rounds, tell),
            "memory": lambda: memory.measure(aws, results, 1 if effort.quick else 3, tell),
            "end-to-end": lambda: _end_to_end(results, effort, tell),
        }
        for part in parts:
            results.begin(part, machine.moment())
            actions[part]()
            results.write(figures)


def _end_to_end(results: Results, effort: Effort, tell: Callable[[str], None]) -> None:
    """In the project's environment, which has LocalStack's launcher and the stack's helpers."""
    if effort.quick:
        results.skip("end to end", "a quick run starts no LocalStack")
        return
    tell("end to end on LocalStack")
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "benchmarks.end_to_end", str(END_TO_END)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own command line
    for row in json.loads(END_TO_END.read_text()):
        results.add(ResultRow(**row))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in two minutes; writes no document")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="some parts, which complete an earlier run's figures"
    )
    return parser.parse_args()
