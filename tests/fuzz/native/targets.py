"""Builds the fuzz targets beside this file, and keeps their inputs: one packed file a target in corpus/."""

import itertools
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from millrace.packaging.native import SOURCES
from millrace.paths import SCRATCH

HERE = Path(__file__).parent
FOLDER = SCRATCH / "fuzz" / "native"
TARGETS = ("aggregate", "base64", "escapes", "events", "forest", "number", "scan")
# Their vectors, of which UBSan has nothing to say, take it minutes and gigabytes to compile.
KERNELS = ("forest_avx2.c", "forest_neon.c", "forest_portable.c")
QEMU = "qemu-aarch64-static"
_SIZE = struct.Struct("<I")


@dataclass(frozen=True)
class Build:
    """A compiler with its sanitizers. `fuzzer` brings libFuzzer, which has a main of its own; else it is driver.c."""

    name: str
    compiler: tuple[str, ...]
    flags: tuple[str, ...]
    fuzzer: bool = False


def with_zig() -> Build:
    """What every machine has: UBSan, which traps; over-reads meet a closed page."""
    return Build("zig", (sys.executable, "-m", "ziglang", "cc"), ("-fsanitize=undefined", "-fsanitize-trap=undefined"))


def for_arm64() -> Build | None:
    """The other architecture, for qemu; None where there is no qemu. Its programs want `qemu` before them."""
    if not shutil.which(QEMU):
        return None
    zig = with_zig()
    return Build("arm64", (*zig.compiler, "-target", "aarch64-linux-musl", "-static"), zig.flags)


def with_asan() -> Build | None:
    """AddressSanitizer and UBSan, by a compiler of the system; None where there is none."""
    for compiler in ("gcc", "clang"):
        if found := _find(compiler):
            flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer")
            return Build(f"asan-{compiler}", (found,), flags)
    return None


def with_libfuzzer(*, asan: bool) -> Build | None:
    """libFuzzer, by the system's clang; None where there is none. Without ASan it is about four times as fast."""
    if not (clang := _find("clang")):
        return None
    if asan:
        return Build("libfuzzer-asan", (clang,), ("-fsanitize=fuzzer,address", "-fno-omit-frame-pointer"), True)
    return Build("libfuzzer", (clang,), ("-fsanitize=fuzzer,undefined", "-fsanitize-trap=undefined"), True)


def _find(compiler: str) -> str | None:
    names = (compiler, *(f"{compiler}-{version}" for version in range(22, 10, -1)))
    return next((found for name in names if (found := shutil.which(name))), None)


def build(how: Build, targets: Sequence[str] = TARGETS) -> dict[str, Path]:
    """Compile the engine without its Python parts, and the targets with it; the programs by target."""
    folder = FOLDER / how.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    left_out = ("core.", "py_") if "forest" in targets else ("core.", "py_", "forest")
    sources = [path for path in sorted(SOURCES.glob("*.c")) if not path.name.startswith(left_out)]
    shared = [HERE / "guarded.c", *([] if how.fuzzer else [HERE / "driver.c"])]
    for source in (*sources, *shared, *(HERE / f"{target}.c" for target in targets)):
        compile_with(how, folder, "-c", source, "-o", _object(folder, source))
    programs = {target: folder / target for target in targets}
    for target, program in programs.items():
        parts = [_object(folder, source) for source in (*sources, *shared, HERE / f"{target}.c")]
        compile_with(how, folder, *parts, "-lm", "-o", program)
    return programs


def _object(folder: Path, source: Path) -> Path:
    # A target and a source may have the same name.
    return folder / f"{source.parent.name}-{source.stem}.o"


def compile_with(how: Build, folder: Path, *arguments: str | Path) -> None:
    """Run the compiler; what zig keeps stays in the project."""
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(SCRATCH / "zig"), "ZIG_LOCAL_CACHE_DIR": str(SCRATCH / "zig")}
    flags = ("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", f"-I{SOURCES}", f"-I{HERE}")
    plain = ["-fno-sanitize=undefined"] if any(Path(each).name in KERNELS for each in arguments) else []
    command = [*how.compiler, *how.flags, *flags, *plain, *map(str, arguments)]
    done = subprocess.run(command, env={**os.environ, **caches}, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"expected {how.name} to compile, got:\n{done.stderr}")


def pack_path(target: str) -> Path:
    return HERE / "corpus" / f"{target}.pack"


def packed(inputs: Iterable[bytes]) -> bytes:
    """Inputs in one file, each after its size; the shortest first, as libFuzzer wants them."""
    return b"".join(_SIZE.pack(len(data)) + data for data in sorted(set(inputs), key=lambda data: (len(data), data)))


def unpacked(pack: bytes) -> list[bytes]:
    inputs, at = [], 0
    while at < len(pack):
        (size,) = _SIZE.unpack_from(pack, at)
        at += _SIZE.size
        inputs.append(pack[at : at + size])
        at += size
    return inputs


def spread(target: str, folder: Path) -> None:
    """The kept inputs as files, for libFuzzer."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(unpacked(pack_path(target).read_bytes())):
        (folder / f"kept-{number}").write_bytes(data)


def gather(folder: Path, most_bytes: int) -> bytes:
    """A pack of a folder's inputs; where they are too many bytes, of some of them, whichever size they have."""
    inputs = [path.read_bytes() for path in sorted(folder.iterdir())]
    random.Random(0).shuffle(inputs)
    ends = itertools.accumulate(map(len, inputs))
    return packed(data for data, end in zip(inputs, ends, strict=True) if end <= most_bytes)


def drive(program: Path, target: str, mutations: int, seed: int) -> Sequence[str]:
    """The command that replays a target's kept inputs, and so many changed ones."""
    return [str(program), str(pack_path(target)), str(mutations), str(seed)]
