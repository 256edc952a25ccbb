import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millrace.deployment import aws, terraform
from millrace.deployment.aws import AwsAccount, check_account
from millrace.errors import UserError
from millrace.packaging.flavour import Flavour
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


def never() -> bool:
    pytest.fail("asked")


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

    assert aws.flavour("dev") == Flavour(xgboost=xgboost)


def test_the_libraries_of_deep_models_are_read_from_the_sizes(module: Path) -> None:
    (module / "environments" / "dev.tfvars").write_text("xgboost = false\nonnx    = true\n")

    assert aws.flavour("dev") == Flavour(xgboost=False, onnx=True)


def test_a_part_of_a_local_stack_may_bring_libraries(module: Path) -> None:
    """Of the same setting in several files the last counts, as for Terraform."""
    (module / "environments" / "dev.tfvars").write_text("xgboost = true\n")
    part = module / "environments" / "dev.images.tfvars"
    part.write_text("xgboost = false\nimages = true\nonnx = true\n")

    assert aws.flavour("dev", [part]) == Flavour(xgboost=False, onnx=True, images=True)


def test_images_without_onnx_are_refused_in_one_line(module: Path) -> None:
    (module / "environments" / "dev.tfvars").write_text("images = true\n")

    with pytest.raises(UserError, match=r"images = true: expected onnx = true as well.*; set both"):
        aws.flavour("dev")


@pytest.mark.parametrize(
    ("sizes", "evaluator"),
    [("evaluator = {}", True), ("x = 1\nevaluator={\n}\n", True), ("# evaluator = {}", False),
     ("evaluator = null", False), ("evaluators = 2", False), ("", False)],
)  # fmt: skip
def test_an_evaluator_is_packaged_where_the_sizes_have_one(module: Path, sizes: str, evaluator: bool) -> None:
    environments = module / "environments"
    (environments / "dev.tfvars").write_text("")
    (environments / "dev.part.tfvars").write_text(sizes)

    assert aws.further_packages("dev")["evaluator"] is False
    assert aws.further_packages("dev", [environments / "dev.part.tfvars"])["evaluator"] is evaluator


@pytest.mark.parametrize(
    ("sizes", "part", "needed"),
    [
        ("", "", ()),
        ("# http = {}", "", ()),
        ("http = null", "", ()),
        ("http = {}", "", ("http",)),
        ("batch = {}", "", ("batch",)),
        ("batch = null", "http = {}", ("http",)),
        ("", 'http = {\n  access = "api_key"\n}', ("http",)),
        ('http = {\n  access = "jwt"\n  jwt = {\n    issuer = "i"\n  }\n}', "", ("http", "authorizer")),
        ('http = { access = "jwt", jwt = { issuer = "i" } }', "", ("http", "authorizer")),
    ],
)
def test_what_an_endpoint_needs_is_read_from_the_sizes_and_the_parts(
    module: Path, sizes: str, part: str, needed: tuple[str, ...]
) -> None:
    (module / "environments" / "dev.tfvars").write_text(sizes)
    file = module / "environments" / "dev.http.tfvars"
    file.write_text(part)

    found = aws.further_packages("dev", [file])
    assert tuple(name for name in ("batch", "http", "authorizer") if found[name]) == needed


@pytest.mark.parametrize(
    ("sizes", "frameworks"),
    [("", ()), ("trainer = null", ()), ("trainer = {}", ("onnx",)), ("trainer = {\n  memory_mb = 3008\n}", ("onnx",)),
     ('trainer = { framework = "xgboost" }', ("xgboost",)),
     ('trainer = {\n  # framework = "onnx"\n  framework = "xgboost"\n}', ("xgboost",))],
)  # fmt: skip
def test_a_trainer_is_packaged_for_its_framework(module: Path, sizes: str, frameworks: tuple[str, ...]) -> None:
    (module / "environments" / "dev.tfvars").write_text(sizes)

    assert aws.further_packages("dev")["trainer"] == frameworks


@pytest.mark.parametrize(
    ("variable", "default"), [("architecture", '"arm64"'), ("xgboost", "true"), ("onnx", "false"), ("images", "false")]
)
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
    assert "dev.s3.tfbackend: write bucket, key, region and use_lockfile = true there (`make bootstrap ENV=dev`" in str(
        raised.value
    )
    assert "\n" not in str(raised.value)


def test_the_backend_settings_are_the_named_ones_or_the_environments(module: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()

    assert aws.backend("dev", None) == module / "environments" / "dev.s3.tfbackend"
    assert aws.backend("dev", tmp_path / "mine") == tmp_path / "mine"
    with pytest.raises(UserError, match="nowhere"):
        aws.backend("dev", tmp_path / "nowhere")


def test_what_was_planned_is_applied_and_remembered(module: Path, fake: FakeTerraform) -> None:
    fake.answers("plan", status=2)
    fake.answers("show", {"resource_changes": []})

    assert aws.deploy("dev", module / "environments" / "dev.s3.tfbackend", pytest.fail, lambda: True) == 0

    assert fake.commands == ["init", "plan", "show", "apply", "output"]
    plan = next(word for word in fake.call("plan")["arguments"] if word.startswith("-out=")).removeprefix("-out=")
    assert fake.call("apply")["arguments"][1:] == ["apply", "-input=false", plan]
    assert Stack.load("dev") == Stack("dev", {}, {"model": {"name": "sessions"}})


def test_without_changes_nothing_is_asked_and_the_outputs_are_kept(module: Path, fake: FakeTerraform) -> None:
    assert aws.deploy("dev", module / "environments" / "dev.s3.tfbackend", pytest.fail, never) == 0

    assert fake.commands == ["init", "plan", "output"]
    assert Stack.load("dev").outputs == {"model": {"name": "sessions"}}


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize(
    ("agreed", "plan", "apply", "commands"),
    [
        (False, 2, 0, ["init", "plan", "show"]),
        (True, 2, 1, ["init", "plan", "show", "apply"]),
        (True, 1, 0, ["init", "plan"]),
    ],
    ids=["refused", "the apply failed", "the plan failed"],
)
def test_what_did_not_come_to_an_apply_is_not(
    fake: FakeTerraform, tmp_path: Path, agreed: bool, plan: int, apply: int, commands: list[str]
) -> None:
    fake.answers("plan", status=plan)
    fake.answers("show", {"resource_changes": []})
    fake.answers("apply", status=apply)

    assert aws.deploy("dev", tmp_path / "backend", pytest.fail, lambda: agreed) == 1
    assert fake.commands == commands
    with pytest.raises(UserError, match="no stack 'dev'"):
        Stack.load("dev")


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize(("terraforms", "ours"), [(0, 0), (1, 1), (2, 0)])
def test_a_plan_with_changes_is_a_success(fake: FakeTerraform, tmp_path: Path, terraforms: int, ours: int) -> None:
    fake.answers("plan", status=terraforms)
    fake.answers("show", {"resource_changes": []})

    assert aws.plan("dev", tmp_path / "backend", pytest.fail) == ours


@pytest.mark.usefixtures("scratch")
def test_what_the_account_cannot_have_is_refused_before_the_question(
    fake: FakeTerraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(plan: Any, _client: Any) -> list[str]:
        assert plan == {"resource_changes": []}
        raise UserError("expected 10 executions to reserve, got 0")

    monkeypatch.setattr(aws.quotas, "check", lacking)
    fake.answers("plan", status=2)
    fake.answers("show", {"resource_changes": []})

    with pytest.raises(UserError, match="expected 10 executions"):
        aws.deploy("dev", tmp_path / "backend", pytest.fail, never)
    assert "apply" not in fake.commands


@pytest.mark.usefixtures("scratch", "aws")
@pytest.mark.parametrize("status", [0, 1])
def test_destroyed_it_is_forgotten_and_else_it_is_not(fake: FakeTerraform, tmp_path: Path, status: int) -> None:
    fake.answers("destroy", status=status)
    Stack("dev", {}, {}).save()

    assert aws.destroy("dev", tmp_path / "backend", confirmed=False) == status
    assert "-auto-approve" not in fake.call("destroy")["arguments"]
    if status:
        Stack.load("dev")
    else:
        with pytest.raises(UserError):
            Stack.load("dev")


@pytest.mark.usefixtures("scratch")
def test_a_destroy_is_refused_where_a_bucket_holds_data(fake: FakeTerraform, tmp_path: Path, s3: Any) -> None:
    s3.put_object(Bucket="models", Key="models/sessions/1/model.ubj", Body=b"trees")
    bucket = {"mode": "managed", "type": "aws_s3_bucket", "name": "this"}
    fake.answers("state", {"resources": [bucket | {"instances": [{"attributes": {"bucket": "models"}}]}]})

    with pytest.raises(UserError, match=r"models \(this\): 1 objects"):
        aws.destroy("dev", tmp_path / "backend", confirmed=True)
    assert fake.commands == ["init", "state"]


@pytest.mark.usefixtures("scratch", "aws")
def test_confirmed_it_is_destroyed_without_a_question(fake: FakeTerraform, tmp_path: Path) -> None:
    assert aws.destroy("dev", tmp_path / "backend", confirmed=True) == 0
    assert fake.call("destroy")["arguments"][1:4] == ["destroy", "-auto-approve", "-input=false"]


@pytest.mark.usefixtures("scratch")
def test_an_init_that_fails_goes_no_further(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answers("init", errors="Error: no credentials", status=1)

    with pytest.raises(UserError, match="no credentials"):
        aws.deploy("dev", tmp_path / "backend", pytest.fail, lambda: True)
    assert fake.commands == ["init"]


def test_the_account_of_the_credentials(aws: Callable[[str], Any]) -> None:
    assert check_account(pytest.fail) == AwsAccount("123456789012", "aws", "eu-central-1")


@pytest.mark.usefixtures("aws")
def test_a_region_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(UserError, match="no AWS region was found: set AWS_REGION"):
        check_account(pytest.fail)
