"""Where the provider comes from on machines that cannot reach the registry."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from millrace.deployment import terraform as module
from millrace.deployment.mirror import PROVIDER, find_mirror, mirror_configuration
from millrace.deployment.terraform import Terraform
from millrace.errors import UserError

# In the order in which they are looked at, below the root of a file system.
IMPLICIT = (
    "home/me/.terraform.d/plugins",
    "home/me/.local/share/terraform/plugins",
    "usr/local/share/terraform/plugins",
    "usr/share/terraform/plugins",
    "opt/a",
    "opt/b",
)


def mirror(folder: Path) -> Path:
    (folder / PROVIDER).mkdir(parents=True)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home" / "me")}


@pytest.mark.parametrize("first", range(len(IMPLICIT)))
def test_the_order(tmp_path: Path, environment: dict[str, str], first: int) -> None:
    for name in reversed(IMPLICIT[first:]):
        mirror(tmp_path / name)

    assert find_mirror(environment, tmp_path) == tmp_path / IMPLICIT[first]


def test_none(tmp_path: Path, environment: dict[str, str]) -> None:
    """A folder without the provider is no mirror, nor is a file."""
    (tmp_path / "opt" / "a" / "registry.terraform.io").mkdir(parents=True)
    (tmp_path / "opt" / "b").touch()

    assert find_mirror(environment, tmp_path) is None
    assert find_mirror({}, tmp_path / "nothing") is None


def test_only_folders_directly_below_opt(tmp_path: Path, environment: dict[str, str]) -> None:
    mirror(tmp_path / "opt" / "deep" / "down")

    assert find_mirror(environment, tmp_path) is None


def test_the_folder_for_data_may_be_elsewhere(tmp_path: Path, environment: dict[str, str]) -> None:
    there = mirror(tmp_path / "data" / "terraform" / "plugins")

    assert find_mirror(environment | {"XDG_DATA_HOME": str(tmp_path / "data")}, tmp_path) == there


def test_the_named_one_comes_first(tmp_path: Path, environment: dict[str, str]) -> None:
    mirror(tmp_path / IMPLICIT[0])
    named = mirror(tmp_path / "named")

    assert find_mirror(environment | {"TF_PLUGIN_MIRROR": str(named)}, tmp_path) == named


def test_the_named_one_by_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform runs in another folder, so the full path is given on."""
    named = mirror(tmp_path / "named")
    monkeypatch.chdir(tmp_path)

    assert find_mirror({"TF_PLUGIN_MIRROR": "named"}, tmp_path) == named


def test_a_wrong_named_one_is_an_error_even_beside_a_right_one(tmp_path: Path, environment: dict[str, str]) -> None:
    mirror(tmp_path / IMPLICIT[0])

    with pytest.raises(UserError, match=f"TF_PLUGIN_MIRROR={tmp_path}: expected a folder that holds {PROVIDER}"):
        find_mirror(environment | {"TF_PLUGIN_MIRROR": str(tmp_path)}, tmp_path)


@pytest.fixture
def locked_tree() -> Iterator[Path]:
    """A tree that anybody may read but for /opt/a; the test is not the superuser."""
    with TemporaryDirectory() as name:
        root = Path(name)
        mirror(root / "opt" / "a")
        mirror(root / "opt" / "b")
        root.chmod(0o755)
        (root / "opt" / "a").chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        yield root
        os.seteuid(user)
        (root / "opt" / "a").chmod(0o755)


def test_a_folder_that_may_not_be_read_is_passed_over(locked_tree: Path) -> None:
    assert find_mirror({}, locked_tree) == locked_tree / "opt" / "b"


def test_the_configuration_takes_the_provider_from_the_mirror_and_the_others_from_their_registry() -> None:
    assert mirror_configuration(Path('/a "strange" place')) == (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        '    path    = "/a \\"strange\\" place"\n'
        '    include = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "  direct {\n"
        '    exclude = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "}\n"
    )


@pytest.fixture
def terraform(scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terraform:
    monkeypatch.delenv("TF_PLUGIN_MIRROR", raising=False)
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    return Terraform("dev", {}, {}, tmp_path)


def configuration(terraform: Terraform) -> str | None:
    return terraform._environment().get("TF_CLI_CONFIG_FILE")


def test_a_mirror_is_configured_in_the_scratch_folder(
    terraform: Terraform, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(mirror(tmp_path / "mirror")))
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/nonexistent")

    path = scratch / "terraform" / "dev" / "cli.tfrc"
    assert configuration(terraform) == str(path)
    assert path.read_text() == mirror_configuration(tmp_path / "mirror")


@pytest.fixture
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_mirror", lambda environment: None)


@pytest.mark.usefixtures("no_mirror")
@pytest.mark.parametrize("named", ["/nonexistent", ""])
def test_a_missing_configuration_is_overridden(
    terraform: Terraform, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terraform would refuse to start with it."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", named)

    assert configuration(terraform) is None


@pytest.mark.usefixtures("no_mirror")
def test_the_users_own_configuration_is_kept(
    terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.tfrc"
    own.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(own))

    assert configuration(terraform) == str(own)
