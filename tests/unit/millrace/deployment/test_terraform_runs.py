"""Running Terraform: what it is asked, where it writes, and what becomes of its errors and of Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from millrace.console import signals
from millrace.deployment import terraform as module
from millrace.deployment.terraform import Progress, Terraform
from millrace.errors import UserError
from millrace_localstack.launcher import processes
from tests.fakes.terraform import FakeTerraform, created, diagnostic, planned
from tests.fakes.wait import wait_for

PLAN = {
    "resource_changes": [
        {"change": {"actions": actions}}
        for actions in (["create"], ["no-op"], ["read"], ["update"], ["delete", "create"])
    ]
}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    fake = FakeTerraform.install(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(fake.folder), prepend=os.pathsep)
    fake.answers("show", PLAN)
    return fake


@pytest.fixture
def terraform(tmp_path: Path, scratch: Path) -> Terraform:
    source = tmp_path / "terraform"
    (source / "environments").mkdir(parents=True)
    (source / "environments" / "dev.tfvars").touch()
    return Terraform("dev", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, {"architecture": "x86_64"}, source)


def ignore(progress: Progress) -> None: ...


@pytest.mark.parametrize(("name", "locked"), [("tofu", False), ("terraform-1.12", True)])
def test_another_binary_can_be_chosen(
    fake: FakeTerraform, terraform: Terraform, monkeypatch: pytest.MonkeyPatch, name: str, locked: bool
) -> None:
    """By name or path. OpenTofu's registry is not the one in the lock."""
    chosen = FakeTerraform.install(fake.folder.parent / name)
    (chosen.folder / "terraform").rename(chosen.folder / name)
    monkeypatch.setenv("TERRAFORM", str(chosen.folder / name))

    terraform.init({"bucket": "state"})

    assert fake.commands == []
    assert ("-lockfile=readonly" in chosen.call("init")["arguments"]) is locked


def test_a_binary_that_is_not_there_is_one_line(terraform: Terraform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", "tofu-of-nobody")

    with pytest.raises(UserError, match="TERRAFORM=tofu-of-nobody: expected a command or a path of one"):
        terraform.init({"bucket": "state"})


def test_init_takes_the_backend_as_settings(fake: FakeTerraform, terraform: Terraform) -> None:
    terraform.init({"bucket": "state", "use_lockfile": "true"})

    assert fake.call("init")["arguments"] == [
        f"-chdir={terraform.module}",
        "init",
        "-input=false",
        "-reconfigure",
        "-lockfile=readonly",
        "-backend-config=bucket=state",
        "-backend-config=use_lockfile=true",
    ]


def test_init_takes_the_backend_as_a_file(
    fake: FakeTerraform, terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its full path, as Terraform runs in another folder."""
    monkeypatch.chdir(tmp_path)

    terraform.init(Path("mine.tfbackend"))

    assert fake.call("init")["arguments"][-1] == f"-backend-config={tmp_path / 'mine.tfbackend'}"


def test_the_environment_of_terraform(
    fake: FakeTerraform, terraform: Terraform, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2")
    monkeypatch.setenv("TF_CLI_ARGS", "-something")

    terraform.run("validate")

    environment = fake.call("validate")["environment"]
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["TF_DATA_DIR"] == str(scratch / "terraform" / "dev")
    assert (environment["TF_IN_AUTOMATION"], environment["TF_CLI_ARGS"]) == ("1", "-no-color")


def test_go_collects_garbage_as_the_user_says(
    fake: FakeTerraform, terraform: Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    terraform.run("validate")
    monkeypatch.setenv("GOGC", "50")
    terraform.run("version")

    assert fake.call("validate")["environment"]["GOGC"] == "200"
    assert fake.call("version")["environment"]["GOGC"] == "50"


def test_apply_plans_keeps_the_plan_and_applies_it(fake: FakeTerraform, terraform: Terraform, scratch: Path) -> None:
    fake.answers("apply", created("a"), created("b"))

    terraform.apply(ignore)

    plan = scratch / "terraform" / "dev" / "plan"
    sizes = f"-var-file={terraform.module}/environments/dev.tfvars"
    assert fake.commands == ["plan", "show", "apply"]
    assert fake.call("plan")["arguments"][2:] == ["-input=false", f"-out={plan}", sizes, "-var=architecture=x86_64"]
    assert fake.call("apply")["arguments"][2:] == ["-json", "-input=false", str(plan)]
    assert json.loads((plan.parent / "plan.json").read_text()) == PLAN


def test_nothing_is_written_into_the_source_tree(fake: FakeTerraform, terraform: Terraform, scratch: Path) -> None:
    before = sorted(terraform.module.rglob("*"))

    terraform.apply(ignore)
    terraform.destroy(ignore)

    assert sorted(terraform.module.rglob("*")) == before
    assert {path.name for path in (scratch / "terraform" / "dev").iterdir()} - {"cli.tfrc"} == {
        "plan.json",
        "terraform.jsonl",
    }


def test_progress_of_an_apply(fake: FakeTerraform, terraform: Terraform) -> None:
    """A resource that is replaced is two steps; one that is only read is none."""
    reads = created("data.aws_region.here", "read")
    fake.answers("apply", {"type": "version"}, reads, created("a"), created("b", "delete"), created("b"), created("c"))
    seen: list[Progress] = []

    terraform.apply(seen.append)

    assert seen == [Progress(1, 4, "a"), Progress(2, 4, "b"), Progress(3, 4, "b"), Progress(4, 4, "c")]


def test_progress_of_a_destroy(fake: FakeTerraform, terraform: Terraform) -> None:
    steps = [planned("a", "delete"), planned("b", "delete"), created("b", "delete"), created("a", "delete")]
    fake.answers("destroy", *steps)
    seen: list[Progress] = []

    terraform.destroy(seen.append)

    assert seen == [Progress(1, 2, "b"), Progress(2, 2, "a")]
    assert "-auto-approve" in fake.call("destroy")["arguments"]
    assert [json.loads(line) for line in terraform.log.read_text().splitlines()] == steps


def test_an_apply_that_fails_says_what_terraform_said(fake: FakeTerraform, terraform: Terraform) -> None:
    fake.answers(
        "apply",
        diagnostic("warning", "Deprecated"),
        created("a"),
        diagnostic("error", "creating S3 Bucket", "BucketAlreadyExists: [taken]"),
        diagnostic("error", "and another"),
        status=1,
    )

    with pytest.raises(UserError) as raised:
        terraform.apply(ignore)
    assert str(raised.value) == (
        "terraform apply failed:\ncreating S3 Bucket BucketAlreadyExists: [taken]\nand another"
    )


def test_what_is_no_message_is_shown_where_it_fails(fake: FakeTerraform, terraform: Terraform) -> None:
    """A crash, or a word of the shell: neither is JSON, and either may come on standard error."""
    fake.answers("destroy", "", "42", errors="!!! TERRAFORM CRASH !!!\n", status=11)

    with pytest.raises(UserError) as raised:
        terraform.destroy(ignore)
    assert str(raised.value) == "terraform destroy failed:\n42\n!!! TERRAFORM CRASH !!!"


def test_what_is_no_message_does_not_make_it_fail(fake: FakeTerraform, terraform: Terraform) -> None:
    fake.answers("destroy", "a word of a wrapper", created("a", "delete"))
    seen: list[Progress] = []

    terraform.destroy(seen.append)

    assert [progress.done for progress in seen] == [1]


def test_a_failure_without_a_word_leads_to_the_log(fake: FakeTerraform, terraform: Terraform) -> None:
    fake.answers("destroy", status=1)

    with pytest.raises(UserError, match=f"see {terraform.log}"):
        terraform.destroy(ignore)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"errors": "Error: no such bucket\n"}, "Error: no such bucket"),
        ({"output": "said on the other channel"}, "said on the other channel"),
    ],
)
def test_a_command_that_fails_says_what_terraform_said(
    fake: FakeTerraform, terraform: Terraform, answer: dict[str, str], text: str
) -> None:
    fake.answers("init", *filter(None, [answer.get("output")]), errors=answer.get("errors", ""), status=1)

    with pytest.raises(UserError) as raised:
        terraform.init({})
    assert str(raised.value) == f"terraform init failed:\n{text}"


def test_outputs_are_their_values(fake: FakeTerraform, terraform: Terraform) -> None:
    """Warnings come beside them, on standard error."""
    fake.answers("output", {"model": {"sensitive": False, "value": {"name": "sessions"}}}, errors="Warning: old\n")

    assert terraform.outputs() == {"model": {"name": "sessions"}}


def test_without_terraform(terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UserError, match=r"not found on the PATH: install Terraform 1\.11 or newer"):
        terraform.run("version")


def test_an_environment_without_sizes(fake: FakeTerraform, scratch: Path, tmp_path: Path) -> None:
    Terraform("tests", {}, {}, tmp_path).destroy(ignore)

    assert not [argument for argument in fake.call("destroy")["arguments"] if "var-file" in argument]


@pytest.fixture
def ctrl_c(fake: FakeTerraform) -> Iterator[Any]:
    """Interrupts this process, and with `from_terminal` the fake too, as soon as the fake has begun a command."""
    threads: list[threading.Thread] = []

    def interrupt(command: str, number: int, *, from_terminal: bool) -> None:
        wait_for(lambda: command in fake.commands)
        os.kill(os.getpid(), number)
        if from_terminal:
            os.kill(fake.call(command)["pid"], number)

    def when(command: str, number: int = signal.SIGINT, *, from_terminal: bool = False) -> None:
        options = {"from_terminal": from_terminal}
        threads.append(threading.Thread(target=interrupt, args=(command, number), kwargs=options))
        threads[-1].start()

    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield when
    for thread in threads:
        thread.join()
    signal.signal(signal.SIGINT, former)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_ctrl_c_lets_terraform_end_in_good_order(
    fake: FakeTerraform, terraform: Terraform, ctrl_c: Any, command: str
) -> None:
    """One signal: at a second one Terraform would drop its state."""
    fake.answers(command, created("a"), hangs=True)
    ctrl_c(command)

    with pytest.raises(KeyboardInterrupt):
        (terraform.destroy if command == "destroy" else terraform.apply)(ignore)

    assert fake.signals == [signal.SIGTERM]
    assert fake.ended_in_good_order
    assert not alive(fake.call(command)["pid"])
    assert fake.call(command)["group"] != os.getpgid(0), "the terminal's Ctrl-C would be the second signal"


@pytest.mark.parametrize("after", [1, 2], ids=["Terraform", "its guardian"])
def test_ctrl_c_while_terraform_starts_ends_it_too(
    fake: FakeTerraform, terraform: Terraform, ctrl_c: Any, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Else it would be left running, without anyone who waits for it."""
    fake.answers("apply", hangs=True)
    started: list[subprocess.Popen[str]] = []

    def popen(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
        started.append(original(*arguments, **options))
        if len(started) == after:
            os.kill(os.getpid(), signal.SIGINT)
        return started[-1]

    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", popen)
    try:
        with pytest.raises(KeyboardInterrupt):
            terraform.run("apply")
        assert [process.returncode is None for process in started] == [False] * len(started)
    finally:
        for process in started:
            process.kill()
            process.communicate()


def test_terraform_that_does_not_end_is_killed(
    fake: FakeTerraform, terraform: Terraform, ctrl_c: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.2)
    fake.answers("apply", hangs=True, stubborn=True)
    ctrl_c("apply")

    with pytest.raises(KeyboardInterrupt):
        terraform.apply(ignore)

    assert not alive(fake.call("apply")["pid"])


def test_a_report_that_fails_ends_terraform(fake: FakeTerraform, terraform: Terraform) -> None:
    fake.answers("apply", created("a"), hangs=True)

    def broken(progress: Progress) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        terraform.apply(broken)

    assert fake.ended_in_good_order


@pytest.mark.parametrize("status", [0, 1, 2])
def test_a_plan_on_the_terminal_gives_the_exit_status(fake: FakeTerraform, terraform: Terraform, status: int) -> None:
    fake.answers("plan", status=status)

    assert terraform.show_plan() == status
    assert fake.call("plan")["arguments"][1:] == [
        "plan",
        "-input=false",
        "-detailed-exitcode",
        f"-out={terraform.plan_file}",
        f"-var-file={terraform.module}/environments/dev.tfvars",
        "-var=architecture=x86_64",
    ]
    assert fake.call("plan")["group"] == os.getpgid(0), "Ctrl-C reaches it from the terminal"


def test_interactive_leaves_ctrl_c_to_terraform(fake: FakeTerraform, terraform: Terraform, ctrl_c: Any) -> None:
    """The terminal tells Terraform by itself, which may take long to leave its state whole: it is waited for."""
    fake.answers("apply", hangs=True)
    ctrl_c("apply", from_terminal=True)

    assert terraform.apply_plan() == 1
    assert fake.signals == [signal.SIGINT]
    assert fake.ended_in_good_order


KILLED = """
import os, signal, sys
from pathlib import Path
from millrace.deployment import terraform
terraform.STOP_SECONDS = float(sys.argv[1])
terraform.Terraform("test", {}, {}, module=Path(sys.argv[2])).run("apply")
"""


@pytest.mark.parametrize(("stubborn", "patience"), [(False, 20.0), (True, 2.0)])
def test_terraform_and_its_provider_do_not_outlive_a_program_that_is_killed(
    fake: FakeTerraform, tmp_path: Path, stubborn: bool, patience: float
) -> None:
    fake.answers("apply", hangs=True, stubborn=stubborn, provider=True)
    with subprocess.Popen([sys.executable, "-c", KILLED, str(patience), str(tmp_path)]) as program:
        wait_for(lambda: fake.providers and fake.calls)
        program.kill()
        program.wait()
    (call,) = fake.calls

    wait_for(lambda: not any(map(processes.start_time, (call["pid"], *fake.providers))))

    assert fake.signals == [signal.SIGTERM], "asked once, so that its state is whole"
    assert fake.ended_in_good_order is not stubborn


def test_interactive_passes_a_termination_on(fake: FakeTerraform, terraform: Terraform, ctrl_c: Any) -> None:
    """Which reaches this process alone."""
    fake.answers("apply", hangs=True)
    ctrl_c("apply", signal.SIGTERM)

    assert terraform.apply_plan() == 1
    assert fake.signals == [signal.SIGTERM]


def test_a_termination_that_comes_while_terraform_starts_ends_it_too(
    fake: FakeTerraform, terraform: Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else Terraform would go on without anyone who waits for it."""
    fake.answers("apply", hangs=True)
    started: list[subprocess.Popen[bytes]] = []

    def popen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGTERM)
        started.append(original(*arguments, **options))
        return started[0]

    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", popen)
    former = signal.signal(signal.SIGTERM, signals.disregard)  # the test itself outlives a failure
    try:
        assert terraform.apply_plan() != 0
    finally:
        signal.signal(signal.SIGTERM, former)
    assert not alive(started[0].pid)
