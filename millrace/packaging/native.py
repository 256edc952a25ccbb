"""Builds the native engine, functions/native, for this machine and for Lambda, with the compiler in a locked wheel.

zig's Clang brings the C library of every target, so that any host builds for any architecture, and the same sources
give the same bytes everywhere. The engine is an extension for CPython's limited API: one binary for 3.13 and whatever
comes. A machine without Python's headers goes without it: everything is done in Python then, to the same result.
"""

import hashlib
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from millrace.errors import UserError
from millrace.paths import FUNCTIONS, ROOT, SCRATCH

SOURCES = FUNCTIONS / "native" / "src"
MODULE = FUNCTIONS / "native" / "_native.abi3.so"

# Lambda's python3.13 runs on Amazon Linux 2023 with glibc 2.34; the locked wheels ask for 2.28, and so does the engine.
LAMBDA = {"arm64": "aarch64-linux-gnu.2.28", "x86_64": "x86_64-linux-gnu.2.28"}
# Never tried: Millrace is developed on Linux.
MACOS = {"arm64": "aarch64-macos", "x86_64": "x86_64-macos"}

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")
# -ffp-contract=off: a multiplication and an addition that become one round otherwise than XGBoost's two.
COMPILER = ("-std=c11", "-O2", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off", *WARNINGS)
LINKER = {"linux": ("-shared", "-Wl,-s", "-lm"), "macos": ("-shared", "-Wl,-undefined,dynamic_lookup")}

_STAMP = SCRATCH / "native" / "inputs"
_CACHE = SCRATCH / "zig"


class NativeError(UserError):
    """The sources do not compile; the message is the compiler's."""


class NoCompiler(UserError):
    """This machine cannot build the native engine; the message is one line."""


def host_architecture() -> str:
    """Lambda's name for this machine's architecture."""
    return {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


def build(architecture: str, target: Path = MODULE, *, sources: Path = SOURCES) -> None:
    """Build the engine for Lambda, and any Linux, as the file `target`. Raises NativeError, NoCompiler."""
    _build(LAMBDA[architecture], target, sources)


def build_for_host() -> bool:
    """Build this machine's engine, unless the one in its place was built of these inputs; whether it was built now.

    Raises NativeError; NoCompiler, and takes away what was built of other inputs.
    """
    if _stamped() == _stamp():
        return False
    try:
        _build((MACOS if sys.platform == "darwin" else LAMBDA)[host_architecture()], MODULE, SOURCES)
    except NoCompiler:
        MODULE.unlink(missing_ok=True)
        raise
    _STAMP.parent.mkdir(parents=True, exist_ok=True)
    _STAMP.write_text(_stamp())
    return True


def trouble() -> str:
    """Why nothing can be compiled on this machine, in one line; nothing where all is well."""
    if not (headers() / "Python.h").is_file():
        return f"no Python headers: expected {headers() / 'Python.h'} (on Debian and Ubuntu: python3.13-dev)"
    done = _zig("version")
    return f"the C compiler does not run: {_last_line(done)}" if done.returncode else ""


def headers() -> Path:
    """The folder of Python.h, where Python's headers are installed."""
    return Path(sysconfig.get_paths()["include"])


def inputs_digest() -> str:
    """What the engine depends on: the sources, the flags, the compiler and Python's headers."""
    digest = hashlib.sha256(f"{sys.version} {metadata.version('ziglang')}".encode())
    digest.update(Path(__file__).read_bytes())
    for path in sorted(SOURCES.rglob("*.[ch]")):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _build(triple: str, target: Path, sources: Path) -> None:
    if reason := trouble():
        raise NoCompiler(reason)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Next to it first: a process that has the old one mapped keeps it.
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    names = sorted(path.relative_to(sources).as_posix() for path in sources.rglob("*.c"))
    system = "macos" if triple.endswith("-macos") else "linux"
    done = _zig(
        "cc", "-target", triple, *COMPILER, f"-ffile-prefix-map={sources}=.", *_include(),
        *names, *LINKER[system], "-o", str(partial.absolute()), folder=sources,
    )  # fmt: skip
    if done.returncode:
        partial.unlink(missing_ok=True)
        raise NativeError(f"the native engine does not compile for {triple}:\n{done.stderr.strip()}")
    partial.replace(target)


def _zig(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Everything that zig keeps stays in the project."""
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(_CACHE), "ZIG_LOCAL_CACHE_DIR": str(_CACHE)}
    return subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "ziglang", *arguments],
        cwd=folder,
        env={**os.environ, **caches},
        capture_output=True,
        text=True,
        check=False,
    )


def _include() -> Iterator[str]:
    """Options that lead to Python's headers, whose own warnings are not ours.

    Debian keeps pyconfig.h apart for each architecture, and brings the host's only: it replaces the others here.
    What it says of the machine is of no weight in the limited API.
    """
    yield f"-isystem{headers()}"
    found = headers().parent / str(sysconfig.get_config_var("MULTIARCH")) / headers().name / "pyconfig.h"
    if not found.is_file():
        return
    folder = SCRATCH / "native" / "include"
    for multiarch in ("aarch64-linux-gnu", "x86_64-linux-gnu"):
        stand_in = folder / multiarch / headers().name / "pyconfig.h"
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        partial = stand_in.with_name(f"{stand_in.name}.{os.getpid()}")
        partial.write_text(f'#include "{found}"\n')
        partial.replace(stand_in)  # another build may read it now
    yield f"-isystem{folder}"


def _stamp() -> str:
    """The inputs, and what was built of them: another one may have been put there."""
    built = hashlib.sha256(MODULE.read_bytes()).hexdigest() if MODULE.exists() else "none"
    return f"{inputs_digest()} {built}"


def _stamped() -> str:
    return _STAMP.read_text() if _STAMP.exists() else ""


def _last_line(done: "subprocess.CompletedProcess[str]") -> str:
    return done.stderr.strip().rpartition("\n")[2] or "it says nothing"
