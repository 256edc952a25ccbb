"""The workflows of GitHub: pinned, with the least permissions, and with the project's own commands."""

import re
from pathlib import Path

import pytest
import yaml

from millrace.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    uses = re.findall(r"uses: (\S+)", path.read_text())
    assert uses
    assert [action for action in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_named_and_none_is_for_all(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        assert isinstance(job.get("permissions", {}), dict)
        assert job["timeout-minutes"] <= 120


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_commands_of_the_project_are_there(path: Path) -> None:
    for target in re.findall(r"^\s*(?:- )?run: make ([a-z-]+)", path.read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
    for script in re.findall(r"(?:run: |\s)((?:\.ci|scripts)/[\w.]+)", path.read_text()):
        assert (ROOT / script).is_file(), script


def test_a_release_compares_two_builds_before_it_signs() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    steps = [step.get("run", step.get("uses", "")) for step in jobs["release"]["steps"]]
    assert jobs["release"]["needs"] == ["build", "test"]
    assert jobs["build"]["strategy"]["matrix"]["build"] == ["first", "second"]
    compared = next(i for i, step in enumerate(steps) if step == "diff --recursive first second")
    assert compared < next(i for i, step in enumerate(steps) if "attest-build-provenance" in step)
