"""Every claim of SECURITY.md names tests, and each test that it names is there."""

import ast
import re
from collections.abc import Iterator

import pytest

from millrace.paths import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| |")]
CLAIMS = [row for row in ROWS if re.match(r"\| [STRIDE] \|", row)]
NAMED = sorted(set(re.findall(r"`([\w/.]+::[\w*]+)`", TEXT)))


def named_in(place: str) -> Iterator[str]:
    """The tests of a file below tests/, or of the .tftest.hcl files of a module."""
    if place.endswith(".py"):
        tree = ast.parse((ROOT / "tests" / place).read_text())
        yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        return
    for path in sorted((ROOT / "terraform" / "modules" / place / "tests").glob("*.tftest.hcl")):
        yield from re.findall(r'^run "(\w+)"', path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_is_there(name: str) -> None:
    place, _, test = name.partition("::")
    found = [each for each in named_in(place) if each.startswith("test_") or not place.endswith(".py")]
    assert found if test == "*" else test in found


def test_every_claim_names_a_test() -> None:
    assert CLAIMS
    assert [row for row in CLAIMS if "::" not in row.split(" | ")[-1]] == []


def test_every_kind_of_data_names_a_test() -> None:
    table = TEXT.partition("## Data\n")[2].partition("## Limits")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ") and not row.startswith("| data")]
    assert len(rows) >= 7
    assert [row for row in rows if "::" not in row.split(" | ")[-1]] == []


def test_what_is_named_is_found_by_its_file_and_its_name() -> None:
    assert "test_what_is_named_is_found_by_its_file_and_its_name" in named_in("unit/docs/test_security.py")
    assert "signed" in named_in("lambda_function")
