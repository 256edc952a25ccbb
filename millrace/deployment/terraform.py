"""Runs Terraform on the root module, one working folder an environment, with progress by resource."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from millrace.console import signals
from millrace.deployment.guardian import guarded
from millrace.deployment.mirror import find_mirror, mirror_configuration
from millrace.errors import UserError
from millrace.paths import ROOT, SCRATCH

MODULE = ROOT / "terraform"
# How long Terraform may take to end in good order, with its state written, before it is killed.
STOP_SECONDS = 30.0


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
    files : further files of variables, on top of the environment's.
    """

    environment: str
    variables: Mapping[str, str]
    arguments: Mapping[str, str]
    module: Path = MODULE
    files: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """Terraform's own data, its plan and its log, outside the source tree."""
        return SCRATCH / "terraform" / self.environment

    @property
    def plan_file(self) -> Path:
        return self.folder / "plan"

    @property
    def log(self) -> Path:
        return self.folder / "terraform.jsonl"

    def init(self, backend: Mapping[str, str] | Path) -> None:
        """Prepare providers and backend; `backend` holds the settings of the S3 backend, or names a file with them."""
        if isinstance(backend, Path):
            settings = [f"-backend-config={backend.resolve()}"]
        else:
            settings = [f"-backend-config={name}={value}" for name, value in backend.items()]
        # The lock names Terraform's registry; OpenTofu has its own, and adds its providers to the lock.
        lock = () if Path(binary()).name.startswith("tofu") else ("-lockfile=readonly",)
        self.run("init", "-input=false", "-reconfigure", *lock, *settings)

    def apply(self, report: Callable[[Progress], None]) -> None:
        """Plan, keep the plan (binary and JSON), and apply it. Raises UserError with Terraform's own errors."""
        self.run("plan", "-input=false", f"-out={self.plan_file}", *self._inputs())
        planned = _changes(self.planned())
        self._stream(report, "apply", "-json", "-input=false", str(self.plan_file), planned=planned)

    def planned(self) -> dict[str, Any]:
        """The plan in the plan file, which is kept as JSON next to it."""
        (self.folder / "plan.json").write_text(shown := self.run("show", "-json", str(self.plan_file)))
        plan: dict[str, Any] = json.loads(shown)
        return plan

    def state(self) -> dict[str, Any]:
        """The state as the backend has it (version 4); empty before the first apply."""
        pulled = self.run("state", "pull")
        state: dict[str, Any] = json.loads(pulled) if pulled.strip() else {}
        return state

    def destroy(self, report: Callable[[Progress], None]) -> None:
        self._stream(report, "destroy", "-json", "-input=false", "-auto-approve", *self._inputs())

    def outputs(self) -> dict[str, Any]:
        return {name: output["value"] for name, output in json.loads(self.run("output", "-json")).items()}

    def show_plan(self) -> int:
        """Plan on the user's terminal, into the plan file; 0: nothing to change, 2: something, else it failed."""
        return self._interactive(
            "plan", "-input=false", "-detailed-exitcode", f"-out={self.plan_file}", *self._inputs()
        )

    def apply_plan(self) -> int:
        """Apply the plan file on the user's terminal, unless the state has changed since; Terraform's exit status."""
        return self._interactive("apply", "-input=false", str(self.plan_file))

    def show_destroy(self, *, confirmed: bool) -> int:
        """Destroy on the user's terminal, where Terraform asks unless it is `confirmed`; its exit status."""
        return self._interactive("destroy", *(["-auto-approve", "-input=false"] if confirmed else []), *self._inputs())

    def _interactive(self, *arguments: str) -> int:
        """Run a command on the user's terminal; its exit status.

        Ctrl-C reaches Terraform from the terminal; it is waited for, however long it takes to leave its state whole.
        """
        command_line = [*self._terraform(), *arguments]
        termination = signals.Termination()
        with (
            signals.handled((signal.SIGINT, signal.SIGHUP), signals.disregard),
            signals.handled((signal.SIGTERM,), termination),
            subprocess.Popen(command_line, env=self._environment()) as process,  # noqa: S603 - our own command line
        ):
            termination.forward_to(process)
            return process.wait()

    def run(self, *arguments: str) -> str:
        """Run a command to its end; what it printed. Raises UserError with Terraform's own error."""
        with self._process(*arguments, stderr=subprocess.PIPE) as process:
            printed, errors = process.communicate()
        if process.returncode:
            raise UserError(f"terraform {arguments[0]} failed:\n{errors.strip() or printed.strip()}")
        return printed

    def _stream(self, report: Callable[[Progress], None], *arguments: str, planned: int = 0) -> None:
        """Run a command with -json, and report each resource that is done."""
        with self._process(*arguments, stderr=subprocess.STDOUT) as process:
            errors = _follow(self._messages(process.stdout or ()), report, planned)
        if process.returncode:
            raise UserError(f"terraform {arguments[0]} failed:\n" + "\n".join(errors or [f"see {self.log}"]))

    @contextmanager
    def _process(self, *arguments: str, stderr: int) -> Iterator["subprocess.Popen[str]"]:
        """A running Terraform, ended at the end of the block.

        Broken off, it is asked once to stop: at a second signal it would drop its state, so it also has a process
        group of its own, which the terminal's Ctrl-C does not reach. A guardian ends it where this program is killed.
        """
        process = None
        with ExitStack() as stack:
            try:
                with signals.deferred():
                    process = subprocess.Popen(  # noqa: S603 - our own command line
                        [*self._terraform(), *arguments],
                        env=self._environment(),
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=stderr,
                        text=True,
                        errors="replace",
                        process_group=0,
                    )
                    stack.enter_context(process)
                    stack.enter_context(guarded(process, STOP_SECONDS))
                yield process
            except BaseException:
                if process:
                    _end(process)
                raise
            process.wait()

    def _messages(self, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
        """https://developer.hashicorp.com/terraform/internals/machine-readable-ui, kept in the log as it comes."""
        with self.log.open("a") as log:
            for line in lines:
                log.write(line)
                yield _message(line)

    def _terraform(self) -> list[str]:
        return [binary(), f"-chdir={self.module}"]

    def _inputs(self) -> list[str]:
        sizes = self.module / "environments" / f"{self.environment}.tfvars"
        files = [f"-var-file={file}" for file in (sizes, *self.files) if file.exists()]
        return [*files, *(f"-var={name}={value}" for name, value in self.arguments.items())]

    def _environment(self) -> dict[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {
            # Go collects garbage at half the rate: a plan takes a seventh less of the CPU, and 90 MB more of memory.
            "GOGC": "200",
            **os.environ,
            **self.variables,
            "TF_DATA_DIR": str(self.folder),
            "TF_IN_AUTOMATION": "1",
            # No look for a newer Terraform: it would write to the user's home.
            "CHECKPOINT_DISABLE": "1",
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


def binary() -> str:
    """The path of Terraform, or of what the variable TERRAFORM names in its place. Raises UserError."""
    wanted = os.environ.get("TERRAFORM") or "terraform"
    if path := shutil.which(wanted):
        return path
    if wanted == "terraform":
        raise UserError("terraform was not found on the PATH: install Terraform 1.11 or newer")
    raise UserError(f"TERRAFORM={wanted}: expected a command or a path of one, such as tofu, got none that is found")


def _changes(plan: Mapping[str, Any]) -> int:
    """How many resources a plan creates, changes or destroys; one that is replaced counts for both."""
    actions = [action for change in plan.get("resource_changes", []) for action in change["change"]["actions"]]
    return sum(action not in ("no-op", "read") for action in actions)


def _end(process: "subprocess.Popen[str]") -> None:
    """Ask Terraform to stop; in the end kill it, with the providers that it started."""
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=STOP_SECONDS)  # read on: a closed pipe would be the end of it
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _message(line: str) -> dict[str, Any]:
    """One line of Terraform's output. What is no message, such as a crash, is text."""
    with suppress(ValueError):
        if isinstance(message := json.loads(line), dict):
            return message
    return {"type": "text", "text": line.strip()}


def _follow(messages: Iterator[dict[str, Any]], report: Callable[[Progress], None], planned: int) -> list[str]:
    """Report progress from Terraform's messages; what to show should it have failed."""
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
        elif kind == "text" and message["text"]:
            errors.append(message["text"])
    return errors
