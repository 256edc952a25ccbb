"""The first code of a function's process; run by its path, with nothing of LocalStack's environment importable.

    python -I -S -B -u bootstrap.py HANDLER RUNTIME_FOLDER CODE_FOLDER [LAYER_FOLDER ...]

Standard input is the lifeline: it reaches its end when LocalStack is gone, however it went, and then the process
ends with all its children.
"""

import _thread
import http.client
import os
import signal
import sys
from typing import Any

RUNTIME_API = "/2018-06-01/runtime/"


def hold_lifeline() -> None:
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    _thread.start_new_thread(wait, ())


class RuntimeClient:
    """Replaces awslambdaric's native module `runtime_client`, which exists for Linux only."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)
        self._user_agent = ""

    def initialize_client(self, user_agent: str) -> None:
        self._user_agent = user_agent

    def next(self) -> tuple[bytes, dict[str, Any]]:
        payload, headers = self._call("GET", "invocation/next")
        deadline = {"Lambda-Runtime-Deadline-Ms": int(headers["Lambda-Runtime-Deadline-Ms"])}
        return payload, {**dict(headers), **deadline}

    def post_invocation_result(
        self, request_id: str, result: bytes, content_type: str, invocation_id: str | None = None
    ) -> None:
        self._call("POST", f"invocation/{request_id}/response", result, {"Content-Type": content_type})

    def post_error(self, request_id: str, error: str, xray_fault: str, invocation_id: str | None = None) -> None:
        self._call("POST", f"invocation/{request_id}/error", error.encode())

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[bytes, Any]:
        headers = {"User-Agent": self._user_agent, **(headers or {})}
        self._connection.request(method, RUNTIME_API + path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"the runtime API answered {response.status} to {method} {path}: {content!r}")
        return content, response.headers


def main() -> None:
    handler, runtime, *code = sys.argv[1:]
    hold_lifeline()
    # As on AWS: the function's code first, then PYTHONPATH, layers and the runtime client.
    own_path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [code[0], *filter(None, own_path), *code[1:], runtime]
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    sys.modules["runtime_client"] = RuntimeClient(address)  # type: ignore[assignment]
    sys.argv = [__file__, handler]

    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    bootstrap.run(handler, LambdaRuntimeClient(address))


if __name__ == "__main__":
    main()
