"""Damaged images: each is decoded or refused with a code, in a bounded time; none ends the process."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest

from millrace.paths import ROOT
from records.faults import Code
from tests import scale

SLOWEST = 2_000  # milliseconds of CPU time, of a file of some kilobytes


@pytest.mark.long
def test_no_damaged_image_ends_the_process(record_property: Callable[[str, object], None]) -> None:
    command = [sys.executable, "-m", "tests.fuzz.image_judge", "0", str(scale.FUZZED_IMAGES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"ended with {done.returncode} at seed {len(lines)}: {done.stderr[-2000:]}"
    verdicts = Counter(found for _, found, _ in lines)
    assert verdicts.total() == scale.FUZZED_IMAGES
    assert verdicts.keys() <= {"decoded", Code.INVALID_IMAGE, Code.INPUT_TOO_LARGE}
    assert min(verdicts["decoded"], verdicts[Code.INVALID_IMAGE]) > scale.FUZZED_IMAGES / 10
    slowest = max(int(milliseconds) for *_, milliseconds in lines)
    assert slowest < SLOWEST
    ends = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common())
    record_property("figures", f"images: {verdicts.total():,} damaged ones, slowest {slowest} ms: {ends}")
