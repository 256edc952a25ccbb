"""LocalStack's launcher without LocalStack."""

from pathlib import Path

from millrace_localstack.launcher import LauncherError
from millrace_localstack.launcher.environment import client_environment
from millrace_localstack.launcher.pid_file import Running


class FakeLocalStack:
    """`up` is its process, `answers` whether that one answers; `calls` what was asked of it."""

    def __init__(self, folder: Path, port: int = 4566) -> None:
        self.port = port
        self.up: Running | None = None
        self.answers = True
        self.broken: BaseException | None = None
        self.log_file = folder / "localstack.log"
        self.calls: list[str] = []

    def up_on(self, port: int) -> None:
        self.up = Running(1234, "some time ago", port)

    def environment(self) -> dict[str, str]:
        return client_environment(f"http://127.0.0.1:{self.port}")

    def install(self) -> bool:
        self.calls.append("install")
        return False

    def process(self) -> Running | None:
        return self.up

    def running(self) -> bool:
        return self.up is not None and self.up.port == self.port and self.answers

    def start(self) -> None:
        """With `broken`, it ends in the middle, its process being there already."""
        if self.up:
            raise LauncherError("LocalStack already runs here")
        self.calls.append("start")
        self.up_on(self.port)
        if self.broken:
            raise self.broken

    def stop(self) -> None:
        self.calls.append("stop")
        self.up = None
