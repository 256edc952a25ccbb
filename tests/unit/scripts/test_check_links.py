import subprocess
from pathlib import Path

import pytest

from scripts import check_links


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project under git."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr(check_links, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "aws.md").write_text("# On AWS\n\n## What it `costs`, roughly\n")
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "[a](docs/aws.md)",
        "[a](docs)",
        "[a](docs/aws.md#on-aws)",
        "[a](docs/aws.md#what-it-costs-roughly)",
        "[a](#here)",
        "![a](docs/aws.md)",
        "[a](https://example.com/nothing)",
        "[a](mailto:a@example.com)",
        "`[a](nothing.md)`",
        "```\n[a](nothing.md)\n```",
    ],
)
def test_good_links(root: Path, link: str, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "README.md").write_text(f"# Here\n\n{link}\n")

    assert check_links.main() == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("link", "line"),
    [
        ("[a](nothing.md)", "README.md: nothing.md: no such file"),
        ("![a](nothing.png)", "README.md: nothing.png: no such file"),
        ("- x\n  - [a](docs/nothing.md#x)", "README.md: docs/nothing.md#x: no such file"),
        ("| a |\n|---|\n| [a](../aws.md) |", "README.md: ../aws.md: no such file"),
        ("[a][b]\n\n[b]: nothing.md", "README.md: nothing.md: no such file"),
        ("[a](docs/aws.md#costs)", "README.md: docs/aws.md#costs: no such heading"),
        ("[a](#there)", "README.md: #there: no such heading"),
    ],
)
def test_broken_links(root: Path, link: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "README.md").write_text(f"# Here\n\n{link}\n")

    assert check_links.main() == 1
    assert capsys.readouterr().err == line + "\n"


def test_links_go_out_from_their_documents_folder(root: Path) -> None:
    (root / "README.md").write_text("# Here\n")
    (root / "docs" / "other.md").write_text("[a](aws.md) [b](../README.md#here)\n")

    assert check_links.main() == 0


def test_every_broken_link_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "README.md").write_text("[a](one.md) [b](two.md)\n")
    (root / "docs" / "other.md").write_text("[c](three.md)\n")

    assert check_links.main() == 1
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_what_git_ignores_is_not_ours(root: Path) -> None:
    (root / ".gitignore").write_text("/.venv/\n")
    (root / ".venv").mkdir()
    (root / ".venv" / "README.md").write_text("[a](nothing.md)\n")

    assert check_links.main() == 0


def test_a_document_that_was_removed_and_is_still_in_the_index(root: Path) -> None:
    subprocess.run(["git", "-C", root, "add", "docs/aws.md"], check=True)
    (root / "docs" / "aws.md").unlink()

    assert check_links.main() == 0
