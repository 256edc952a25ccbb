"""Runs Terraform on the root module, one working folder an environment, with progress by resource."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from millrace.errors import UserError
from millrace.paths import ROOT, SCRATCH

MODULE = ROOT / "terraform"
PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an apply or a destroy has come: resources done, and all that it will do."""

    done: int
    planned: int
    resource: str


@dataclass(frozen=True, slots=True)
class Terraform:
    """Terraform for one environment.

    environment : the name; environments/<name>.tfvars has its sizes and switches.
    variables : process environment, over this process's own.
    arguments : further -var arguments, by variable name.
    module : the folder to run in; the root module unless said otherwise.
    """

    environment: str
    variables: Mapping[str, str]
    arguments: Mapping[str, str]
    module: Path = MODULE

    @property
    def folder(self) -> Path:
        """Terraform's own data, its plan and its log, outside the source tree."""
        return SCRATCH / "terraform" / self.environment

    @property
    def log(self) -> Path:
        return self.folder / "terraform.jsonl"

    def init(self, backend: Mapping[str, str] | Path) -> None:
        """Prepare providers and backend; `backend` holds the settings of the S3 backend, or names a file with them."""
        if isinstance(backend, Path):
            settings = [f"-backend-config={backend.resolve()}"]
        else:
            settings = [f"-backend-config={name}={value}" for name, value in backend.items()]
        self.run("init", "-input=false", "-reconfigure", "-lockfile=readonly", *settings)

    def apply(self, report: Callable[[Progress], None]) -> None:
        """Plan, keep the plan (binary and JSON), and apply it. Raises UserError with Terraform's own errors."""
        plan = str(self.folder / "plan")
        self.run("plan", "-input=false", f"-out={plan}", *self._inputs())
        (self.folder / "plan.json").write_text(shown := self.run("show", "-json", plan))
        self._stream(report, "apply", "-json", "-input=false", plan, planned=_changes(json.loads(shown)))

    def destroy(self, report: Callable[[Progress], None]) -> None:
        self._stream(report, "destroy", "-json", "-input=false", "-auto-approve", *self._inputs())

    def outputs(self) -> dict[str, Any]:
        return {name: output["value"] for name, output in json.loads(self.run("output", "-json")).items()}

    def interactive(self, command: str, *arguments: str) -> int:
        """Run a command on the user's terminal, which shows the plan and asks; its exit status."""
        return subprocess.run(  # noqa: S603 - our own command line
            [*self._terraform(), command, *self._inputs(), *arguments], env=self._environment(), check=False
        ).returncode

    def run(self, *arguments: str) -> str:
        """Run a command to its end; what it printed. Raises UserError with Terraform's own error."""
        done = subprocess.run(  # noqa: S603 - our own command line
            [*self._terraform(), *arguments], env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise UserError(f"terraform {arguments[0]} failed:\n{done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def _stream(self, report: Callable[[Progress], None], *arguments: str, planned: int = 0) -> None:
        """Run a command with -json, and report each resource that is done."""
        with subprocess.Popen(  # noqa: S603 - our own command line
            [*self._terraform(), *arguments], env=self._environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                errors = _follow(self._messages(process), report, planned)
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            raise UserError(f"terraform {arguments[0]} failed:\n" + "\n".join(errors or [f"see {self.log}"]))

    def _messages(self, process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
        """https://developer.hashicorp.com/terraform/internals/machine-readable-ui, kept in the log as it comes."""
        with self.log.open("a") as log:
            for line in process.stdout or ():
                log.write(line)
                yield json.loads(line)

    def _terraform(self) -> list[str]:
        path = shutil.which("terraform")
        if path is None:
            raise UserError("terraform was not found on the PATH: install Terraform 1.11 or newer")
        return [path, f"-chdir={self.module}"]

    def _inputs(self) -> list[str]:
        sizes = self.module / "environments" / f"{self.environment}.tfvars"
        files = [f"-var-file={sizes}"] if sizes.exists() else []
        return [*files, *(f"-var={name}={value}" for name, value in self.arguments.items())]

    def _environment(self) -> dict[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **self.variables,
            "TF_DATA_DIR": str(self.folder),
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_ARGS": "-no-color",
        }
        mirror = find_mirror(environment)
        configuration = Path(environment.get("TF_CLI_CONFIG_FILE", ""))
        if mirror is not None:
            configuration = self.folder / "cli.tfrc"
            configuration.write_text(mirror_configuration(mirror))
        elif not configuration.is_file():
            environment.pop("TF_CLI_CONFIG_FILE", None)
            return environment
        return {**environment, "TF_CLI_CONFIG_FILE": str(configuration)}


def find_mirror(environment: Mapping[str, str], prefix: Path = Path("/")) -> Path | None:
    """A folder that holds the AWS provider, for machines that cannot reach the registry.

    First TF_PLUGIN_MIRROR, then the folders that Terraform treats as implicit mirrors, then those below /opt.
    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    if named := environment.get("TF_PLUGIN_MIRROR"):
        if not (Path(named) / PROVIDER).is_dir():
            raise UserError(f"TF_PLUGIN_MIRROR={named}: expected a folder that holds {PROVIDER}")
        return Path(named)
    home = Path(environment.get("HOME", "/nonexistent"))
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    candidates = [
        home / ".terraform.d" / "plugins",
        data / "terraform" / "plugins",
        prefix / "usr" / "local" / "share" / "terraform" / "plugins",
        prefix / "usr" / "share" / "terraform" / "plugins",
        *sorted((prefix / "opt").glob("*")),
    ]
    return next((folder for folder in candidates if (folder / PROVIDER).is_dir()), None)


def mirror_configuration(mirror: Path) -> str:
    """A CLI configuration that takes the AWS provider from the mirror and every other one from its registry."""
    pattern = json.dumps("/".join(PROVIDER.parts))
    return (
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n    include = [{pattern}]\n  }}\n"
        f"  direct {{\n    exclude = [{pattern}]\n  }}\n"
        "}\n"
    )


def _changes(plan: Mapping[str, Any]) -> int:
    """How many resources a plan creates, changes or destroys."""
    quiet = (["no-op"], ["read"])
    return sum(change["change"]["actions"] not in quiet for change in plan.get("resource_changes", []))


def _follow(messages: Iterator[dict[str, Any]], report: Callable[[Progress], None], planned: int) -> list[str]:
    """Report progress from Terraform's messages; the errors among them."""
    done, errors = 0, []
    for message in messages:
        kind = message.get("type")
        if kind == "planned_change":
            planned += 1
        elif kind == "apply_complete" and message["hook"]["action"] != "read":
            done += 1
            report(Progress(done, planned, message["hook"]["resource"]["addr"]))
        elif kind == "diagnostic" and message["diagnostic"]["severity"] == "error":
            errors.append(f"{message['diagnostic']['summary']} {message['diagnostic'].get('detail', '')}".strip())
    return errors
