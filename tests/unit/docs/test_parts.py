"""The tables of parts are whole: of the modules that the stack calls, and of LocalStack's fixes."""

import re

from millrace.paths import ROOT
from millrace_localstack.plugin.patches import NAMES
from scripts import terraform_docs

CALLS = set(terraform_docs.read(terraform_docs.MODULE).calls)
# Shared by several of the others.
SHARED = {"async_invocation"}


def cells(page: str, heading: str) -> list[str]:
    """The first cell of each row of the table with this heading."""
    table = (ROOT / page).read_text().partition(f"\n{heading}\n")[2].partition("\n\n")[0]
    return [row.split(" | ")[0].strip("| ") for row in table.splitlines()[1:]]


def test_a_row_of_the_readme_is_a_module() -> None:
    rows = cells("README.md", "| box | Terraform | code | what it is |")
    sources = (ROOT / "docs" / "sources-and-sinks.md").read_text()

    assert set(rows) <= CALLS
    further = CALLS - set(rows) - SHARED
    assert {name for name in further if f"`{name}`" not in sources and f"modules/{name}" not in sources} == set()


def test_the_modules_own_page_has_every_module_once() -> None:
    rows = cells("terraform/modules/millrace/README.md", "| module | the scorer may |")
    named = [name for row in rows for label in re.findall(r"\[([\w, ]+)\]", row) for name in label.split(", ")]

    assert sorted(named) == sorted(CALLS - SHARED)


def test_localstacks_page_has_every_fix_once() -> None:
    assert sorted(cells("localstack/README.md", "| name | LocalStack | fixed |")) == sorted(
        f"`{name}`" for name in NAMES
    )
