"""The examples of the library's README run, and the library stands on its own."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import Behaviours, RecordsLost

LIBRARY = Path(__file__).parents[3] / "simulator"
README = (LIBRARY / "README.md").read_text("utf-8")
TEN_LINES, WITH_PYTEST, BY_HAND, SMALL_SCOPE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", [TEN_LINES, BY_HAND, SMALL_SCOPE], ids=["ten lines", "by hand", "small scope"])
def test_an_example_runs(example: str) -> None:
    exec(compile(example, "README.md", "exec"), {})


def test_ten_lines_are_ten() -> None:
    assert len([line for line in TEN_LINES.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('if "ErrorCode" in entry', "if False"),
        ("for r in failed]}", "for r in failed[1:]]}"),
        (
            '"itemIdentifier": r["sequenceNumber"]} for r in failed',
            '"itemIdentifier": r["sequenceNumber"]} for r in failed[-1:]',
        ),
    ],
)
def test_the_example_finds_what_loses_records(right: str, wrong: str) -> None:
    assert TEN_LINES.count(right) == 1
    with pytest.raises(RecordsLost):
        exec(compile(TEN_LINES.replace(right, wrong), "README.md", "exec"), {})


def pytest_of(folder: Path, *options: str) -> str:
    """What pytest prints for the README's test in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "simulator.pytest_plugin", "-p", "no:cacheprovider", "-v", *options],
        cwd=folder,
        env={"PYTHONPATH": str(LIBRARY.parent), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_the_pytest_plugin_runs_a_test_once_a_seed(tmp_path: Path) -> None:
    (tmp_path / "test_readme.py").write_text(WITH_PYTEST)
    assert "5 passed" in pytest_of(tmp_path, "--strict-markers")
    assert "2 passed" in pytest_of(tmp_path, "--simulated-seeds", "2")
    one = pytest_of(tmp_path, "--simulated-seed", "17")
    assert "1 passed" in one
    assert "[seed 17]" in one


def test_the_pytest_plugin_shows_what_happened(tmp_path: Path) -> None:
    changes = {
        "event, context: None": "event, context: 1 / 0",
        "stream, function)": "stream, function, KinesisSettings(maximum_retry_attempts=0))",
        "import Function,": "import Function, KinesisSettings,",
        "assert mapping.quiet": "assert not mapping.dropped",
    }
    failing = WITH_PYTEST
    for right, wrong in changes.items():
        assert failing.count(right) == 1
        failing = failing.replace(right, wrong)
    (tmp_path / "test_readme.py").write_text(failing)
    shown = pytest_of(tmp_path)
    assert "5 failed" in shown
    assert "simulation, seed 3: last happenings" in shown
    assert "RetryAttemptsExhausted" in shown


def test_it_imports_the_standard_library_and_botocore_errors_only() -> None:
    for path in LIBRARY.rglob("*.py"):
        others = {"pytest"} if path.name == "pytest_plugin.py" else {"botocore.exceptions"}
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                assert name.partition(".")[0] in sys.stdlib_module_names or name in others, (path, name)


def test_every_switch_is_in_the_readme() -> None:
    for switch in Behaviours.__dataclass_fields__:
        assert f"`{switch}`" in README
