"""The native engine's fuzz targets: the kept inputs again, and changes of them, in which a read too far is a crash.

For long runs, and for new inputs to keep: python -m tests.fuzz.native
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from millrace.packaging import native
from tests import scale
from tests.fuzz.native import targets

pytestmark = pytest.mark.skipif(bool(native.trouble()), reason=native.trouble())

MUTATIONS = {
    "aggregate": 100_000,
    "base64": 100_000, "escapes": 200_000, "events": 50_000, "forest": 20_000, "number": 200_000, "scan": 100_000,
}  # fmt: skip
SEED = 1


# The trees' kernels take qemu and the compilers too long.
ON_ARM64 = ("aggregate", "base64", "escapes", "events", "number", "scan")
# zig's UBSan with closed pages, and the system's compiler with ASan and UBSan: one of them in `make test`.
ZIG, ASAN = "zig", "asan"
BUILDS = (ZIG, ASAN) if scale.LONG else (ASAN,) if targets.with_asan() else (ZIG,)


def programs(how: targets.Build | None, missing: str, which: Sequence[str] = targets.TARGETS) -> dict[str, Path]:
    if how is None:
        pytest.skip(f"expected {missing} on this machine")
    return targets.build(how, which)


@pytest.fixture(scope="module", params=BUILDS)
def built(request: pytest.FixtureRequest) -> dict[str, Path]:
    how = targets.with_zig() if request.param == ZIG else targets.with_asan()
    return programs(how, "gcc or clang, for AddressSanitizer")


@pytest.fixture(scope="module")
def for_arm64() -> dict[str, Path]:
    return programs(targets.for_arm64(), f"{targets.QEMU}, for the other architecture", ON_ARM64)


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr[-4_000:]}"


@pytest.mark.long
@pytest.mark.parametrize("target", targets.TARGETS)
def test_no_input_reads_too_far_or_overflows(built: dict[str, Path], target: str) -> None:
    run(targets.drive(built[target], target, MUTATIONS[target], SEED))


@pytest.mark.long(only=True)
@pytest.mark.parametrize("target", ON_ARM64)
def test_nothing_is_different_on_arm64(for_arm64: dict[str, Path], target: str) -> None:
    run([targets.QEMU, *targets.drive(for_arm64[target], target, MUTATIONS[target] // 50, SEED + 2)])


@pytest.mark.parametrize("target", targets.TARGETS)
def test_the_kept_inputs_are_few_and_small(target: str) -> None:
    pack = targets.pack_path(target).read_bytes()
    inputs = targets.unpacked(pack)
    assert targets.packed(inputs) == pack
    assert 10 < len(inputs) < 1_000
    assert len(pack) < 300_000


def test_a_read_too_far_would_be_seen(tmp_path: Path) -> None:
    target = tmp_path / "careless.c"
    target.write_text("""
        #include "target.h"
        int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
          return ((volatile const uint8_t *)data)[size] & 0;
        }
    """)
    careless = tmp_path / "careless"
    shared = (targets.HERE / "guarded.c", targets.HERE / "driver.c")
    targets.compile_with(targets.with_zig(), tmp_path, target, *shared, "-o", careless)
    done = subprocess.run(targets.drive(careless, "number", 0, 1), capture_output=True, text=True)
    assert done.returncode < 0
    assert "crashed on " in done.stderr
