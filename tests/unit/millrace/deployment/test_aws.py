import os
from pathlib import Path

import pytest

from millrace.deployment import aws, terraform
from millrace.errors import UserError
from millrace.stack import Stack
from tests.fakes.terraform import FakeTerraform


@pytest.fixture
def module(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root module with the environment `dev` and its backend's settings."""
    module = tmp_path / "terraform"
    (module / "environments").mkdir(parents=True)
    (module / "environments" / "dev.tfvars").write_text("")
    (module / "environments" / "dev.s3.tfbackend").write_text("")
    monkeypatch.setattr(aws, "MODULE", module)
    monkeypatch.setattr(aws, "ROOT", tmp_path)
    return module


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    fake = FakeTerraform.install(tmp_path / "bin")
    fake.answers("output", {"model": {"value": {"name": "sessions"}}})
    monkeypatch.setenv("PATH", str(fake.folder), prepend=os.pathsep)
    return fake


@pytest.mark.parametrize(
    ("sizes", "architecture"),
    [
        ('architecture = "x86_64"', "x86_64"),
        ('name="x"\n  architecture="arm64"\n', "arm64"),
        ('# architecture = "x86_64"', "arm64"),  # the root module's default
        ("", "arm64"),
    ],
)
def test_the_architecture_is_read_from_the_sizes(module: Path, sizes: str, architecture: str) -> None:
    (module / "environments" / "dev.tfvars").write_text(sizes)

    assert aws.architecture("dev") == architecture


@pytest.mark.parametrize(
    ("sizes", "xgboost"),
    [
        ("xgboost = false", False),
        ("name='x'\n  xgboost=true\n", True),
        ("# xgboost = false", True),  # the root module's default
        ("", True),
    ],
)
def test_the_packages_flavour_is_read_from_the_sizes(module: Path, sizes: str, xgboost: bool) -> None:
    (module / "environments" / "dev.tfvars").write_text(sizes)

    assert aws.xgboost("dev") is xgboost


@pytest.mark.parametrize(("variable", "default"), [("architecture", '"arm64"'), ("xgboost", "true")])
def test_the_default_is_the_root_modules_own(variable: str, default: str) -> None:
    declared = (terraform.MODULE / "variables.tf").read_text().split(f'variable "{variable}"')[1].split("variable ")[0]

    assert f"= {default}" in declared


@pytest.mark.usefixtures("module")
def test_an_environment_that_is_not_there_is_one_line() -> None:
    with pytest.raises(UserError) as raised:
        aws.architecture("nope")
    assert str(raised.value) == (
        "ENV=nope: expected terraform/environments/nope.tfvars; make one, dev.tfvars is an example"
    )


def test_backend_settings_that_are_not_there_are_one_line(module: Path) -> None:
    (module / "environments" / "dev.s3.tfbackend").unlink()

    with pytest.raises(UserError) as raised:
        aws.backend("dev", None)
    assert "dev.s3.tfbackend: write bucket, key, region and use_lockfile = true there" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_backend_settings_are_the_named_ones_or_the_environments(module: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()

    assert aws.backend("dev", None) == module / "environments" / "dev.s3.tfbackend"
    assert aws.backend("dev", tmp_path / "mine") == tmp_path / "mine"
    with pytest.raises(UserError, match="nowhere"):
        aws.backend("dev", tmp_path / "nowhere")


def test_an_apply_is_remembered(module: Path, fake: FakeTerraform) -> None:
    assert aws.run("apply", "dev", module / "environments" / "dev.s3.tfbackend") == 0

    assert fake.commands == ["init", "apply", "output"]
    assert Stack.load("dev") == Stack("dev", {}, {"model": {"name": "sessions"}})


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_what_did_not_come_to_an_apply_is_not(fake: FakeTerraform, tmp_path: Path, command: str) -> None:
    """The user said no, or it failed half way."""
    fake.answers("apply", status=1)

    assert aws.run(command, "dev", tmp_path / "backend") == (0 if command == "plan" else 1)
    with pytest.raises(UserError, match="no stack 'dev'"):
        Stack.load("dev")


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("status", [0, 1])
def test_destroyed_it_is_forgotten_and_else_it_is_not(fake: FakeTerraform, tmp_path: Path, status: int) -> None:
    fake.answers("destroy", status=status)
    Stack("dev", {}, {}).save()

    assert aws.run("destroy", "dev", tmp_path / "backend") == status
    if status:
        Stack.load("dev")
    else:
        with pytest.raises(UserError):
            Stack.load("dev")


@pytest.mark.usefixtures("scratch")
def test_an_init_that_fails_goes_no_further(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answers("init", errors="Error: no credentials", status=1)

    with pytest.raises(UserError, match="no credentials"):
        aws.run("apply", "dev", tmp_path / "backend")
    assert fake.commands == ["init"]
