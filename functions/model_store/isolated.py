"""Verification in a child process, so that a model file that crashes an engine crashes nothing else.

The structural check keeps out every file known to do so; this is for unknown ones. The child is
this module: manifest and model come in by standard input, one line of JSON goes out, and the exit code says the rest.
It works from the Lambda package alone, writes no file, and has no credentials in its environment.
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

_LENGTH = struct.Struct(">Q")
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

    check_bytes(artifact)
    manifest = artifact.manifest.to_bytes()
    message = _LENGTH.pack(len(manifest)) + manifest + artifact.model
    longest = START_SECONDS + SECONDS_PER_BYTE * len(artifact.model)
    allowed = longest if timeout is None else min(timeout, longest)
    try:
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, *_CHILD],
            input=message,
            env=_environment(),
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


def _environment() -> dict[str, str]:
    """Where Python finds its own libraries and ours; nothing else, and no credentials above all."""
    passed_on = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return passed_on | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}


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

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        verify(_read(sys.stdin.buffer), compare=True)
    except ArtifactRefused as refused:
        _answer(check=refused.check, detail=refused.detail)
        sys.exit(REFUSED)
    except ModelStoreError as error:
        _answer(check="manifest", detail=str(error))
        sys.exit(REFUSED)


def _read(stream: BinaryIO) -> Artifact:
    (size,) = _LENGTH.unpack(stream.read(_LENGTH.size))
    return Artifact(Manifest.from_bytes(stream.read(size)), stream.read())


def _answer(**members: Any) -> None:
    print(json.dumps(members))
