from pathlib import Path

import pytest

from millrace.paths import ROOT
from scripts import check_locks

HASH = "    --hash=sha256:" + "0f" * 32
GOOD = f"""\
boto3==1.44.5 \\
{HASH} \\
{HASH}
colorama==0.4.6 ; sys_platform == 'win32' \\
{HASH}
coverage[toml,x]==7.0.0rc1 \\
{HASH}
"""


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(check_locks, "ROOT", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "a.txt").write_text(GOOD)
    return tmp_path / "requirements" / "b.txt"


def test_good_locks(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock.write_text(GOOD)

    assert check_locks.main() == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "line",
    [
        "boto3",
        "boto3>=1.44 \\",
        "boto3==1.44.5",  # without a hash
        "--index-url https://example.com/simple",
        "--find-links /wheels",
        "boto3 @ https://example.com/boto3.whl \\",
        "-e .",
        "    --hash=md5:0f",
        "    --hash=sha256:0f",
        "    # via -r requirements.in",
    ],
)
def test_what_does_not_belong_into_a_lock(lock: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    lock.write_text(f"{GOOD}{line}\n")

    assert check_locks.main() == 1
    assert capsys.readouterr().err == f"requirements/b.txt:8: expected a version or a hash: {line}\n"


def test_without_any_lock_nothing_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_locks, "ROOT", tmp_path)

    assert check_locks.main() == 1


def test_the_command_line_s_lock_is_a_part_of_the_project_s() -> None:
    """The same versions, and no tool of tests or checks: `make demo` installs what it runs."""
    locks = {
        name: {
            line.split()[0] for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines() if "==" in line
        }
        for name in ("run", "project")
    }

    assert locks["run"] <= locks["project"]
    names = {requirement.partition("==")[0] for requirement in locks["run"]}
    assert not names & {"pytest", "moto", "mypy", "ruff", "hypothesis", "cryptography", "pre-commit"}
