"""The command line of `python -m benchmarks`."""

import argparse
import json
import subprocess
import time
from collections.abc import Callable

from rich.console import Console

from benchmarks import cold_start, machine, memory, report, sizes
from benchmarks.aws import Aws
from benchmarks.handlers import BYTES, EVENT
from benchmarks.measuring import Bench, Effort
from benchmarks.paths import ROOT, SCRATCH
from benchmarks.results import Results
from benchmarks.rows import ResultRow

FULL = Effort(seconds=30, rounds=15, quick=False)
QUICK = Effort(seconds=6, rounds=5, quick=True)
PARTS = (
    *("handlers", "sources", "forms", "stages", "predictors", "shapes", "attributions", "decoders", "growth"),
    *("cold-start", "memory", "end-to-end"),
)
FIGURES = SCRATCH / "results.json"
END_TO_END = SCRATCH / "end-to-end.json"


def main() -> None:
    arguments = _arguments()
    console = Console(width=None if Console().is_terminal else 160)
    begun = time.monotonic()

    def tell(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:5.0f} s  {text}[/dim]", highlight=False)

    results = Results(machine.describe())
    run(results, arguments.parts, QUICK if arguments.quick else FULL, tell)
    results.write(FIGURES)
    report.show(results, console)
    if arguments.quick or set(arguments.parts) != set(PARTS):
        console.print(f"not all of it was measured: docs/benchmarks.md stays as it is; figures: {FIGURES}")
    else:
        console.print(f"written: {report.write(results)}")


def run(results: Results, parts: list[str], effort: Effort, tell: Callable[[str], None]) -> None:
    """Measure the parts, and add what comes of them to the results."""
    with Aws() as aws:
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
            actions[part]()


def _end_to_end(results: Results, effort: Effort, tell: Callable[[str], None]) -> None:
    """In the project's environment, which has LocalStack's launcher and the stack's helpers."""
    if effort.quick:
        results.skipped["end to end"] = "a quick run starts no LocalStack"
        return
    tell("end to end on LocalStack")
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "benchmarks.end_to_end", str(END_TO_END)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own command line
    for row in json.loads(END_TO_END.read_text()):
        results.add(ResultRow(**row))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in two minutes; writes no document")
    parser.add_argument("--end-to-end", action="store_true", help="the part on LocalStack alone")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="some parts alone")
    arguments = parser.parse_args()
    arguments.parts = ["end-to-end"] if arguments.end_to_end else arguments.only or list(PARTS)
    return arguments
