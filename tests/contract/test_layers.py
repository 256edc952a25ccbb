"""The packages of functions/ in layers: none imports a higher one at run time, and tools import no entry point."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from millrace.paths import FUNCTIONS, ROOT

# From the ground up; what is on one line may not import each other.
LAYERS = (
    {"records", "native"},
    {"resilience", "images"},
    {"telemetry", "aws_client"},
    {"inputs"},
    {"predictors"},
    {"model_store"},
    {"capture", "evaluation", "sources"},
    {"sinks", "training"},
    {"scoring"},
    {"serving", "outcomes"},
    {"http_api"},
    {"batches"},
    {"workflows", "releases"},
    {"scorer", "evaluator", "authorizer", "release_workflow", "trainer"},
)
LAYER = {package: number for number, packages in enumerate(LAYERS) for package in packages}
ENTRY_POINTS = LAYERS[-1]


def imports(path: Path) -> Iterator[str]:
    """The top-level packages that a module imports at run time, wherever it does."""

    def walk(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for other in node.orelse:
                yield from walk(other)
            return
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    return walk(ast.parse(path.read_text()))


# What only type checkers import.
PROTOCOLS = (
    "inputs/preparation.py",
    "predictors/predictor.py",
    "scoring/engine/protocols.py",
    "sinks/sink.py",
    "sources/source.py",
)


def test_every_package_has_its_layer() -> None:
    assert {path.parent.name for path in FUNCTIONS.glob("*/__init__.py")} == set(LAYER)


def test_the_architecture_has_every_package_once_in_the_order_of_layers() -> None:
    section = (ROOT / "docs" / "architecture.md").read_text().partition("## Packages")[2].partition("\n## ")[0]
    named = re.findall(r"\(\.\./functions/(\w+)\)", section)
    assert sorted(named) == sorted(LAYER)
    assert named == sorted(named, key=LAYER.__getitem__)

    tools = {path.parent.name for path in (ROOT / "millrace").glob("*/__init__.py")}
    assert tools <= set(re.findall(r"`(\w+)`", section))


@pytest.mark.parametrize("package", sorted(LAYER))
def test_a_package_imports_lower_ones_only(package: str) -> None:
    upward = [
        f"{path.relative_to(FUNCTIONS)} imports {other}"
        for path in sorted((FUNCTIONS / package).rglob("*.py"))
        if path.relative_to(FUNCTIONS).as_posix() not in PROTOCOLS
        for other in imports(path)
        if other in LAYER and other != package and LAYER[other] >= LAYER[package]
    ]
    assert not upward


@pytest.mark.parametrize("folder", ["millrace", "stream_producers", "localstack"])
def test_tools_import_no_entry_point(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {other}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for other in imports(path)
        if other in ENTRY_POINTS
    ]
    assert not found
