"""The tables of parts are whole: the stack's modules, LocalStack's fixes, locks, and the sinks that the tools read."""

import re
from collections import defaultdict
from fnmatch import fnmatch

from millrace.paths import ROOT
from millrace.sinks import SINKS
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


def test_the_table_of_locks_has_every_lock_once() -> None:
    rows = cells("CONTRIBUTING.md", "| lock | for |")
    locks = {path.stem for path in (ROOT / "requirements").glob("*.in")}

    assert sorted(name for row in rows for name in re.findall(r"`([\w-]+)`", row)) == sorted(locks)


def test_the_locks_that_follow_the_project_are_named() -> None:
    script = (ROOT / "scripts" / "lock").read_text()
    followers = re.findall(r"^ +(\S.*)\) compile .* --constraints requirements/project\.txt", script, re.MULTILINE)
    patterns = [pattern for line in followers for pattern in line.split(" | ")]
    locks = {path.stem for path in (ROOT / "requirements").glob("*.in")} - {"project"}
    sentence = re.search(r"all but ([^.]*) take their versions from `project`", (ROOT / "CONTRIBUTING.md").read_text())

    assert sentence
    others = set(re.findall(r"`([\w-]+)`", sentence[1]))
    assert others == {name for name in locks if not any(fnmatch(name, pattern) for pattern in patterns)}


def test_the_table_of_what_the_tools_read_is_what_they_read() -> None:
    page = (ROOT / "docs" / "sources-and-sinks.md").read_text().partition("### Read by the tools\n")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    read = {name: (not watch.startswith("no"), not smoke.startswith("no")) for name, watch, smoke in rows}
    outputs: defaultdict[str, str] = defaultdict(str)

    assert read == {
        name: (sink.reader(outputs, lambda service: service, None) is not None, not sink.unread)
        for name, sink in SINKS.items()
    }
