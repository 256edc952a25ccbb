import re
import tomllib
from pathlib import Path

import pytest

from millrace.paths import ROOT
from scripts.release_notes import notes

CHANGELOG = """\
# Changelog

## Unreleased

## 0.2.0 - 2026-11-28

- Scores.

## 0.1.0 - 2026-11-01

- Begins.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_notes_are_the_versions_section_alone(root: Path) -> None:
    assert notes("v0.2.0", root) == "- Scores.\n"


def test_a_tag_of_another_version_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match=r"expected the tag v0\.2\.0, .* got v0\.3\.0"):
        notes("v0.3.0", root)


@pytest.mark.parametrize("text", ["", "## 0.2.0 - 2026-11-28\n\n## 0.1.0 - 2026-11-01\n\n- x\n", "## 0.2.0\n\n- x\n"])
def test_a_version_of_which_the_changelog_says_nothing_is_refused(root: Path, text: str) -> None:
    (root / "CHANGELOG.md").write_text(text)
    with pytest.raises(ValueError, match=r"expected a section '## 0\.2\.0"):
        notes("v0.2.0", root)


def test_the_projects_own_version_has_notes_and_later_changes_a_place() -> None:
    """`scripts/release_notes.py` is what the release workflow prints; others add to Unreleased."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert "### Added" in notes(f"v{version}")
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1].startswith(f"{version} - ")


def test_each_kind_of_change_is_listed_once_and_in_order() -> None:
    """Two branches that both add a heading are merged line by line."""
    order = ["Added", "Changed", "Fixed", "Removed", "Known limits"]
    for section in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1:]:
        kinds = re.findall(r"^### (.*)$", section, re.MULTILINE)
        assert kinds == [kind for kind in order if kind in kinds]
