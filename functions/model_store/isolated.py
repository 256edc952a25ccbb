"""Verification in a child process, so that a model file that crashes an engine crashes nothing else.

The structural check keeps out every file known to do so; this is for unknown ones. The child is
this module: manifest and model come in by standard input, one line of JSON goes out, and the exit code says the rest.
It works from the Lambda package alone, in an empty folder, within limits of memory and CPU time; it can write nothing
to a file, and has no credentials in its environment.
"""

from __future__ import annotations

import json
import os
import struct
import sys

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused, ModelStoreError, NotInTime
from model_store.manifest import Manifest
from model_store.verify import check_bytes, verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

PASSED, REFUSED = 0, 3
# Ten times what it takes on one vCPU, about 0.2 s and 0.1 s for each MB: small Lambda functions have a seventh of one.
START_SECONDS, SECONDS_PER_BYTE = 20.0, 1e-6
# The child's address space: three times what it takes, measured with the largest library, and per byte of a model.
ADDRESS_SPACE, ADDRESS_SPACE_PER_BYTE = 512 * 1024 * 1024, 16

_HEADER = struct.Struct(">QQQ")  # the manifest's bytes, and the limits: bytes of address space, seconds of CPU time
# -S: sys.path comes whole from the parent; -P: and without the current folder.
_CHILD = ("-S", "-P", "-c", "from model_store.isolated import main; main()")


def check(artifact: Artifact, *, timeout: float | None = None) -> None:
    """Verify an artifact in a child process. Raises ArtifactRefused; OSError where no child can be started.

    A child that crashes, or takes longer than a generous bound that grows with the model, refuses the artifact by the
    load check. Size and SHA-256 are looked at before there is a child; signatures are not looked at: that needs no
    child.

    timeout : the seconds that the caller has; a child that takes longer raises NotInTime.
    """
    import subprocess  # takes milliseconds to import, and a scorer's first model needs no child
    from tempfile import TemporaryDirectory

    check_bytes(artifact)
    manifest = artifact.manifest.to_bytes()
    longest = START_SECONDS + SECONDS_PER_BYTE * len(artifact.model)
    header = _HEADER.pack(len(manifest), _address_space(len(artifact.model)), _cpu_seconds(longest))
    allowed = longest if timeout is None else min(timeout, longest)
    try:
        with TemporaryDirectory(prefix="millrace-model-") as empty:
            done = subprocess.run(  # noqa: S603 - our own command line
                [sys.executable, *_CHILD],
                input=header + manifest + artifact.model,
                env=_environment(),
                cwd=empty,
                capture_output=True,
                timeout=allowed,
                check=False,
            )
    except subprocess.TimeoutExpired:
        if allowed < longest:
            detail = (
                f"expected version {artifact.manifest.version} to load within {allowed:.1f} s in a process of its own"
            )
            raise NotInTime(
                f"{detail}, which is the time that is left; raise the function's memory or timeout"
            ) from None
        raise ArtifactRefused("load", f"expected an answer within {allowed:g} s from the process that loads") from None
    if done.returncode == REFUSED:
        raise ArtifactRefused(*_refusal(done.stdout))
    if done.returncode != PASSED:
        raise ArtifactRefused("load", f"the process that loads {_end(done.returncode, done.stderr)}")


def _address_space(size: int) -> int:
    """The child's limit in bytes. In a function no more than its memory, so that a file cannot use up that either."""
    limit = ADDRESS_SPACE + ADDRESS_SPACE_PER_BYTE * size
    memory = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 0)) * 1024 * 1024
    return min(limit, max(ADDRESS_SPACE, memory)) if memory else limit


def _cpu_seconds(longest: float) -> int:
    """The child's limit: one thread cannot use more within its time; also where its parent cannot end it in time."""
    return int(longest) + 1


def _environment() -> dict[str, str]:
    """Where Python finds its own libraries and ours; nothing else, and no credentials above all.

    One thread, and one arena of memory: with one for each core of a large machine the address space would not suffice.
    """
    passed_on = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    path = os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))
    fixed = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    return passed_on | fixed | {"PYTHONPATH": path}


def _refusal(answer: bytes) -> tuple[str, str]:
    refusal = json.loads(answer)
    return refusal["check"], refusal["detail"]


def _end(code: int, errors: bytes) -> str:
    if code < 0:
        import signal

        return f"was ended by signal {-code} ({signal.strsignal(-code)})"
    last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"ended with code {code}: {last}"


def main() -> None:
    """The child: verify what standard input brings, with both engines where both are there."""
    import resource

    length, memory, seconds = _HEADER.unpack(sys.stdin.buffer.read(_HEADER.size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # pipes have no such limit: the answer passes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # the signal of the first one says why
    try:
        verify(_read(sys.stdin.buffer, length), compare=True)
    except ArtifactRefused as refused:
        _answer(check=refused.check, detail=refused.detail)
        sys.exit(REFUSED)
    except ModelStoreError as error:
        _answer(check="manifest", detail=str(error))
        sys.exit(REFUSED)


def _read(stream: BinaryIO, manifest: int) -> Artifact:
    """manifest : its bytes, which come first."""
    return Artifact(Manifest.from_bytes(stream.read(manifest)), stream.read())


def _answer(**members: Any) -> None:
    print(json.dumps(members))
