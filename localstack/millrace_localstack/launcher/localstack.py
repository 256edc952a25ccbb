"""LocalStack as one object: install, start, stop."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from millrace_localstack.launcher import health, logs, pid_file, processes
from millrace_localstack.launcher.environment import HOST, LIFELINE, client_environment, localstack_environment
from millrace_localstack.launcher.errors import AlreadyRunning, LauncherError, StartError
from millrace_localstack.launcher.folders import Folders
from millrace_localstack.launcher.installation import install, installed

# Ends what hangs. The first start after an installation also compiles: half a minute on a busy machine.
START_SECONDS = 180.0
STOP_SECONDS = 20.0
TAIL_LINES = 15

# LocalStack may outlive the object that started it; Python warns of a process whose handle it throws away, unless the
# handle knows of its end.
_started: list[subprocess.Popen[bytes]] = []


class LocalStack:
    """LocalStack without Docker, for one project folder, on one loopback port.

    `settings` are further environment variables of the LocalStack process; a named `instance` has state, logs
    and process of its own next to the unnamed one. As a context manager: installed, started, and stopped, and it ends
    with this program, however that ends.
    """

    def __init__(
        self,
        root: Path,
        port: int = 4566,
        *,
        instance: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root.resolve()
        self.port = port
        self.folders = Folders(self.root, instance)
        self.settings = dict(settings or {})

    @property
    def endpoint_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.folders.log_file

    @property
    def function_logs(self) -> Path:
        """One log a function, `<function name>.log`."""
        return self.folders.function_logs

    def environment(self) -> dict[str, str]:
        """Variables for AWS clients: endpoint, region, and keys that LocalStack takes."""
        return client_environment(self.endpoint_url)

    def install(self) -> bool:
        """Make LocalStack's environment if it is not up to date. True if anything had to be done."""
        return install(self.folders, self.root / "requirements" / "localstack.txt")

    def process(self) -> pid_file.Running | None:
        """The process of this project and instance, whatever its port."""
        return pid_file.read(self.folders.pid_file)

    def running(self) -> bool:
        """Whether it runs on this port and answers."""
        process = self.process()
        return process is not None and process.port == self.port and health.healthy(self.port)

    def start(self, *, lifeline: bool = False) -> None:
        """Start, and wait until it answers. With a lifeline it ends when this program does, be that killed.

        Raises AlreadyRunning, PortTaken, PortUnusable, or StartError with the end of the log.
        """
        self._check_can_start()
        self.folders.renew()
        try:
            self._wait_for(self._spawn(lifeline))
        except BaseException:  # also Ctrl-C: what was started must not stay behind
            self.stop(keep_state=True)
            raise

    def stop(self, *, keep_state: bool = False) -> None:
        """Stop it if it runs, and remove its private state. The logs stay."""
        process = self.process()
        try:
            if process is not None:
                processes.end(process.pid, process.started, STOP_SECONDS)
        finally:
            _forget_ended()
            if keep_state:
                self.folders.pid_file.unlink(missing_ok=True)
            else:
                self.folders.clear()

    def __enter__(self) -> Self:
        self.install()
        self.start(lifeline=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _instance_option(self) -> str:
        return f" --instance {self.folders.instance}" if self.folders.instance else ""

    def _check_can_start(self) -> None:
        if not installed(self.folders):
            raise LauncherError("LocalStack is not installed: call install() first, or run `make setup`.")
        if process := self.process():
            raise AlreadyRunning(
                f"LocalStack already runs here (process {process.pid}, port {process.port}): "
                f"stop it first with `python -m millrace_localstack{self._instance_option()} stop`."
            )
        # A LocalStack on a taken port would hang instead of ending.
        health.check_port(self.port)

    def _spawn(self, lifeline: bool) -> subprocess.Popen[bytes]:
        settings = {**self.settings, **({LIFELINE: "stdin"} if lifeline else {})}
        environment = localstack_environment(self.folders, self.port, settings)
        Path(environment["HOME"]).mkdir(parents=True)
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command line
                # -P: the folder that it starts in is no place to import from.
                [str(self.folders.python), "-P", "-m", "localstack.runtime.main"],
                cwd=self.folders.state,
                env=environment,
                stdin=subprocess.PIPE if lifeline else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the user's terminal is not for it
            )
        _started.append(process)
        started = processes.start_time(process.pid)
        if started is not None:
            pid_file.write(self.folders.pid_file, pid_file.Running(process.pid, started, self.port))
        return process

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            if process.poll() is not None:
                raise self._failed(f"LocalStack ended while starting (exit status {process.returncode}).")
            return health.healthy(self.port)

        if not processes.wait_until(answers, START_SECONDS):
            raise self._failed(f"LocalStack did not answer on {self.endpoint_url} within {START_SECONDS:.0f} s.")

    def _failed(self, what: str) -> StartError:
        return StartError(f"{what} The end of {self.log_file}:\n{logs.tail(self.log_file, TAIL_LINES)}")


def _forget_ended() -> None:
    for process in list(_started):
        # One that is ending is a zombie for a moment before it can be waited for.
        if process.poll() is None and processes.start_time(process.pid) is not None:
            continue
        process.wait()
        if process.stdin:
            process.stdin.close()
        _started.remove(process)
