"""Fuzz the native engine for long, with libFuzzer: python -m tests.fuzz.native [target …] --runs 1000000 --asan --keep

What it finds is kept under .millrace/fuzz/native/; `--keep` replaces the packed inputs by the smallest ones that reach
as much of the code.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz.native import targets

LONGEST = {"forest": 32_768, "number": 256}  # bytes of an input; most targets' begin small and may grow to
LONGEST_ELSE = 4_096
MOST_KEPT_BYTES = 200_000  # of a target
SECONDS, MEGABYTES = 15, 1_500  # of one input


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.native", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", default=targets.TARGETS, metavar="target", help=", ".join(targets.TARGETS)
    )
    parser.add_argument("--runs", type=int, default=1_000_000, help="executions of each target")
    parser.add_argument("--asan", action="store_true", help="with AddressSanitizer")
    parser.add_argument("--keep", action="store_true", help="replace the packed inputs")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(targets.TARGETS):
        parser.error(f"expected {', '.join(targets.TARGETS)}, got {', '.join(sorted(unknown))}")
    how = targets.with_libfuzzer(asan=options.asan)
    if how is None:
        parser.error("expected clang with libFuzzer (on Debian: clang and libclang-rt-dev), found none")
    programs = targets.build(how, options.targets)
    failed = [target for target in options.targets if fuzz(target, programs[target], options.runs)]
    if options.keep:
        for target in options.targets:
            keep(target, programs[target])
    print(f"failed: {', '.join(failed)}" if failed else "nothing found")
    return 1 if failed else 0


def inputs(target: str) -> Path:
    return targets.FOLDER / "inputs" / target


def fuzz(target: str, program: Path, runs: int) -> int:
    """Run libFuzzer on what was kept and found before; its exit code."""
    targets.spread(target, inputs(target))
    findings = targets.FOLDER / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    limits = (f"-max_len={LONGEST.get(target, LONGEST_ELSE)}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}")
    command = [str(program), f"-runs={runs}", *limits, f"-artifact_prefix={findings}/{target}-", str(inputs(target))]
    print(" ".join(command), flush=True)
    return subprocess.run(command, check=False).returncode


def keep(target: str, program: Path) -> None:
    """Pack the smallest inputs that reach what all of them reach."""
    merged = targets.FOLDER / "merged" / target
    merged.mkdir(parents=True, exist_ok=True)
    for old in merged.iterdir():
        old.unlink()
    subprocess.run([str(program), "-merge=1", str(merged), str(inputs(target))], check=True)
    targets.pack_path(target).write_bytes(targets.gather(merged, MOST_KEPT_BYTES))


if __name__ == "__main__":
    sys.exit(main())
