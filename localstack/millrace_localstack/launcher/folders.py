"""Where LocalStack's files are: all of them below `.millrace/localstack/` of the project."""

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """`root` is the project's folder. A named `instance` shares the environment and nothing else."""

    root: Path
    instance: str = ""

    @property
    def base(self) -> Path:
        return self.root / ".millrace" / "localstack"

    @property
    def own(self) -> Path:
        return self.base / self.instance if self.instance else self.base

    @property
    def venv(self) -> Path:
        return self.base / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def function_runtime(self) -> Path:
        """What a function can import in addition to its own zip: Lambda's runtime client only."""
        return self.base / "runtime"

    @property
    def prebuilt(self) -> Path:
        """What LocalStack would compute again in each fresh state folder."""
        return self.base / "prebuilt"

    @property
    def stamp(self) -> Path:
        return self.base / "installed.json"

    @property
    def install_lock(self) -> Path:
        return self.base / "install.lock"

    @property
    def state(self) -> Path:
        return self.own / "state"

    @property
    def tmp(self) -> Path:
        return self.own / "tmp"

    @property
    def log(self) -> Path:
        return self.own / "log"

    @property
    def pid_file(self) -> Path:
        return self.own / "localstack.pid"

    @property
    def log_file(self) -> Path:
        return self.log / "localstack.log"

    @property
    def function_logs(self) -> Path:
        return self.log / "functions"

    def renew(self) -> None:
        """Fresh state and scratch; the logs of earlier runs give way to this run's."""
        for folder in (self.state, self.tmp, self.log):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.function_logs.mkdir()
        shutil.copytree(self.prebuilt, self.state, dirs_exist_ok=True)

    def clear(self) -> None:
        """Everything private of a run goes, its logs stay."""
        for folder in (self.state, self.tmp):
            shutil.rmtree(folder, ignore_errors=True)
        self.pid_file.unlink(missing_ok=True)
