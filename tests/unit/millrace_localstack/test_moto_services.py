"""The services that moto answers: each has an entry point, and none is loaded before it is called."""

import ast
import tomllib

from millrace.paths import ROOT

PLUGIN = ROOT / "localstack" / "millrace_localstack" / "plugin" / "moto_services.py"


def providers() -> dict[str, str]:
    """`PROVIDERS`, read from the source: the module imports LocalStack, which is not in this environment."""
    tree = ast.parse(PLUGIN.read_text())
    (found,) = (
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PROVIDERS"
    )
    table: dict[str, str] = ast.literal_eval(found)
    return table


def test_each_service_has_its_entry_point() -> None:
    project = tomllib.loads((ROOT / "localstack" / "pyproject.toml").read_text())
    entries = project["project"]["entry-points"]["localstack.aws.provider"]
    module = "millrace_localstack.plugin.moto_services"

    assert {name: target for name, target in entries.items() if target.startswith(module)} == {
        f"{name}:{provider}": f"{module}:{name.replace('-', '_')}" for name, provider in providers().items()
    }


def test_moto_is_imported_by_a_call_only() -> None:
    imported = [ast.unparse(node) for node in ast.parse(PLUGIN.read_text()).body if isinstance(node, ast.ImportFrom)]

    assert imported == [
        "from collections.abc import Callable",
        "from typing import Any",
        "from localstack.services.plugins import Service, aws_provider",
    ]
