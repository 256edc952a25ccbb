"""The settings that the root knows are those that modules/millrace has, and the environments set no other."""

import json
from collections.abc import Iterator
from typing import Any

import hcl2
import pytest

from scripts import terraform_docs

ROOT = terraform_docs.ROOT / "terraform"
ENVIRONMENTS = sorted((ROOT / "environments").glob("*.tfvars"))


def plain(value: Any) -> Any:
    """What python-hcl2 reads, with the quotes of strings and keys removed."""
    if isinstance(value, dict):
        return {key.strip('"'): plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value.strip('"') if isinstance(value, str) else value


def root_local(name: str) -> dict[str, Any]:
    (block,) = hcl2.loads((ROOT / "settings.tf").read_text())["locals"]
    found: dict[str, Any] = plain(block[name])
    return found


def objects(path: list[str], kind: str) -> Iterator[tuple[str, list[str]]]:
    """Each object of a type by its path, with the names of its members."""
    members = terraform_docs.members_of(terraform_docs._unwrapped(kind))
    if members:
        yield ".".join(path), sorted(members)
    for name, member in members.items():
        yield from objects([*path, name], member)


def settings() -> dict[str, list[str]]:
    """Every object of modules/millrace that the root passes on as it is."""
    module, root = terraform_docs.read(terraform_docs.MODULE), terraform_docs.read(ROOT)
    passed = [name for name, variable in root.variables.items() if terraform_docs._text(variable["type"]) == "any"]
    return {
        path: members
        for name in passed
        for path, members in objects([name], terraform_docs._text(module.variables[name]["type"]))
    }


def test_the_known_settings_are_those_of_the_module() -> None:
    assert len(settings()) > 9
    assert {path: sorted(names) for path, names in root_local("known_settings").items()} == settings()


def test_each_of_them_is_compared_with_what_was_set() -> None:
    expected = {path: f"try(var.{path}, null)" if "." in path else f"var.{path}" for path in settings()}

    assert {path: value.removeprefix("${").removesuffix("}") for path, value in root_local("settings").items()} == (
        expected
    )


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_sets_only_what_there_is(path: Any) -> None:
    known = settings()

    def unknown(at: str, value: Any) -> Iterator[str]:
        if isinstance(value, dict) and at in known:
            yield from (f"{at}.{name}" for name in value if name not in known[at])
            for name, member in value.items():
                yield from unknown(f"{at}.{name}", member)

    found = plain(hcl2.loads(path.read_text()))
    assert [name for at, value in found.items() for name in unknown(at, value)] == [], json.dumps(found)
