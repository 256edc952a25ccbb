"""What Lambda says of an invocation: errors as payload, and the lines of the log. Pure."""

import json
import signal
from datetime import UTC, datetime

from millrace_localstack.plugin.functions.runtime_api import Exited


def error_payload(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def timed_out(request_id: str, seconds: float) -> tuple[bytes, str]:
    """The payload and the log's line of an invocation that took longer than the function's timeout."""
    said = f"Task timed out after {seconds:.2f} seconds"
    payload = error_payload("Sandbox.Timedout", f"RequestId: {request_id} Error: {said}")
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return payload, f"{now} {request_id} {said}\n\n"


def exited(request_id: str, exit: Exited) -> tuple[bytes, str]:
    """The payload and the log's lines of an invocation whose process ended."""
    said = f"RequestId: {request_id} Error: {_exit_text(exit.status)}"
    return error_payload("Runtime.ExitError", said), f"{said}\nRuntime.ExitError\n"


def _exit_text(status: int) -> str:
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return f"Runtime exited with error: signal: {(signal.strsignal(-status) or str(-status)).lower()}"


def invocation_log(
    request_id: str,
    version: str,
    output: str,
    seconds: float,
    memory: int,
    used: int,
    init_seconds: float | None,
) -> str:
    """The log of one invocation as Lambda writes it; memory in MB."""
    milliseconds = seconds * 1000
    init = f"\tInit Duration: {init_seconds * 1000:.2f} ms" if init_seconds is not None else ""
    if output and not output.endswith("\n"):
        output += "\n"
    return (
        f"START RequestId: {request_id} Version: {version}\n"
        f"{output}"
        f"END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
        f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {memory} MB\tMax Memory Used: {used} MB{init}\n"
    )
