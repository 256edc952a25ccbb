"""LocalStack's runtime executor on local processes.

LocalStack keeps an executor for each execution environment and asks it for one invocation at a time; several
invocations of one function at once are several executors, so several processes.
"""

import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import LambdaRuntimeException, RuntimeExecutor

from localstack import config
from millrace_localstack.plugin.functions import bootstrap, reports
from millrace_localstack.plugin.functions.process import FunctionProcess
from millrace_localstack.plugin.functions.runtime_api import Answered, Exited, InitFailed, Invocation, Started

LOG = logging.getLogger(__name__)

HOST = "127.0.0.1"
# Lambda gives the init phase 10 s; if that fails, it runs init again in the first invocation, within its timeout.
INIT_SECONDS = 10.0
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]
    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._config = function_version.config
        self._name = function_version.id.function_name
        self._scratch = Path(tempfile.mkdtemp(prefix=f"function-{self._name}-"))
        self._output = self._scratch / "output"
        self._environment: dict[str, str] = {}
        self._process: FunctionProcess | None = None
        self._init_seconds: float | None = None  # of an init that no invocation has reported yet
        self._used_memory = 0

    # Life

    def start(self, env_vars: dict[str, str]) -> None:
        (self._scratch / "tmp").mkdir()
        self._output.touch()
        self._environment = self._process_environment(env_vars)
        self._init(INIT_SECONDS)

    def stop(self) -> None:
        self._kill()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _init(self, seconds: float) -> bytes | Exited | None:
        """Start a process and wait for its init. None if it is ready or too late, else what went wrong."""
        self._process = FunctionProcess(self._command(), self._environment, Path(self._code_folders()[0]), self._output)
        match self._process.report(seconds):
            case Started(at):
                self._init_seconds = at - self._process.began
                return None
            case InitFailed(body):
                self._kill()
                return body
            case Exited() as exited:
                self._kill()
                return exited
            case _:
                self._kill()
                return None

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    # Invoke

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        seconds = float(self._config.timeout)
        began = time.monotonic()
        invocation = Invocation(
            request_id=payload["invoke-id"],
            function_arn=payload["invoked-function-arn"],
            payload=payload["payload"].encode(),
            trace_id=payload["trace-id"],
            deadline=time.time() + seconds,
        )
        body, is_error, last_words = self._run(invocation, began, seconds)
        log = reports.invocation_log(
            invocation.request_id,
            self.function_version.id.qualifier,
            self._take_output() + last_words,
            time.monotonic() - began,
            self._config.memory_size,
            self._memory_used(),
            self._init_seconds,
        )
        self._init_seconds = None
        self._keep_log(log)
        return InvocationResult(invocation.request_id, body, is_error=is_error, logs=log)

    def _run(self, invocation: Invocation, began: float, seconds: float) -> tuple[bytes, bool, str]:
        """The payload, whether it is an error, and what Lambda adds to the log."""
        deadline = began + seconds
        if self._process is not None and not self._process.alive():
            self._kill()
        if self._process is None:
            match self._init(deadline - time.monotonic()):
                case bytes(body):
                    return body, True, ""
                case Exited() as exited:
                    return self._failed(reports.exited(invocation.request_id, exited))
        if self._process is None:
            return self._failed(reports.timed_out(invocation.request_id, seconds))
        self._process.submit(invocation)
        match self._process.report(deadline - time.monotonic()):
            case Answered(_, body, is_error):
                return body, is_error, ""
            case Exited() as exited:
                return self._failed(reports.exited(invocation.request_id, exited))
            case _:
                return self._failed(reports.timed_out(invocation.request_id, seconds))

    def _failed(self, report: tuple[bytes, str]) -> tuple[bytes, bool, str]:
        """The process is of no more use: the next invocation starts a new one, as on AWS."""
        self._kill()
        payload, last_words = report
        return payload, True, last_words

    # What the process gets

    def _command(self) -> list[str]:
        # The base interpreter without its site-packages (-I -S): what a function imports comes with its zip or
        # is in the standard library. -B: its folder is read-only on AWS.
        python = getattr(sys, "_base_executable", sys.executable)
        runtime = os.environ["MILLRACE_FUNCTION_RUNTIME"]
        return [
            *(python, "-I", "-S", "-B", "-u", bootstrap.__file__),
            *(str(self._config.handler), runtime, *self._code_folders()),
        ]

    def _code_folders(self) -> list[str]:
        layers = [layer.code.get_unzipped_code_location() for layer in self._config.layers or [] if layer.code]
        in_layers = [
            str(layer / place) for layer in layers for place in (f"python/lib/{PYTHON}/site-packages", "python")
        ]
        return [str(self._config.code.get_unzipped_code_location()), *in_layers]

    def _process_environment(self, env_vars: dict[str, str]) -> dict[str, str]:
        code = self._code_folders()[0]
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "LD_LIBRARY_PATH": f"{code}:{code}/lib",
            # Neither the user's home, with AWS profiles in it, nor a /tmp that functions would share.
            "HOME": str(self._scratch / "tmp"),
            "TMPDIR": str(self._scratch / "tmp"),
            **{name: str(value) for name, value in env_vars.items()},
            **_endpoint(),
            "LAMBDA_TASK_ROOT": code,
            "LAMBDA_RUNTIME_DIR": os.environ["MILLRACE_FUNCTION_RUNTIME"],
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self._config.runtime}",
        }

    # What it leaves

    def _take_output(self) -> str:
        """What the process has written since the last invocation; the file does not grow for ever."""
        text = self._output.read_text(encoding="utf-8", errors="replace")
        os.truncate(self._output, 0)  # the process appends, so it continues at the new end
        return text

    def _memory_used(self) -> int:
        """The most memory seen after an invocation, in MB."""
        if self._process is not None:
            try:
                used = psutil.Process(self._process.pid).memory_info().rss
                self._used_memory = max(self._used_memory, used // 2**20)
            except psutil.Error:
                pass
        return self._used_memory

    def _keep_log(self, log: str) -> None:
        if folder := os.environ.get("MILLRACE_FUNCTION_LOGS"):
            with (Path(folder) / f"{self._name}.log").open("a", encoding="utf-8") as file:
                file.write(log)

    # What LocalStack asks for besides

    def get_logs(self) -> str:
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def get_address(self) -> str:
        return HOST

    def get_endpoint_from_executor(self) -> str:
        return HOST

    def get_runtime_endpoint(self) -> str:
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        wanted = function_version.config.runtime
        if wanted != PYTHON:
            raise LambdaRuntimeException(
                f"the process executor runs {PYTHON} functions only, and this one has runtime {wanted}"
            )
        function_version.config.code.prepare_for_execution()
        for layer in function_version.config.layers or []:
            if layer.code:
                layer.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass


def _endpoint() -> dict[str, str]:
    """Where functions call AWS, if that is not LocalStack itself: a proxy that a test put in between."""
    endpoint = os.environ.get("MILLRACE_FUNCTION_ENDPOINT_URL")
    return {"AWS_ENDPOINT_URL": endpoint} if endpoint else {}
