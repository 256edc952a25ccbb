"""The workflows of GitHub: pinned, with the least permissions, and with the project's own commands."""

import re
from pathlib import Path

import pytest
import yaml

from millrace.packaging.flavour import FLAVOURS, Flavour
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


def test_a_release_has_every_package_that_is_listed() -> None:
    """Each entry point in each flavour, and the packages of the optional functions."""
    runs = re.findall(r"run: make package (.*)", (ROOT / ".github" / "workflows" / "release.yml").read_text())
    built = {flag for run in runs for flag in run.split()}
    rows = re.findall(r"^\| `(\w+)-<architecture>([\w-]*)\.zip`", (ROOT / "docs" / "aws.md").read_text(), re.MULTILINE)

    flags = {"http": "HTTP=1", "authorizer": "HTTP=1", "batch": "BATCH=1", "trainer": "TRAINER=onnx"}
    flags |= {"-onnx": "ONNX=1", "-onnx-images": "IMAGES=1", "-without-xgboost": "WITHOUT_XGBOOST=1"}
    flags |= {"-xgboost": "TRAINER=xgboost"}
    assert {flags[part] for row in rows for part in row if part in flags} == built
    assert all({"HTTP=1", "BATCH=1"} <= set(run.split()) for run in runs)
    assert sorted(map(_suffix, runs)) == sorted(flavour.suffix for flavour in FLAVOURS)
    unnamed = {"scorer", "evaluator", "release", ""}  # in every build, and the flavour without an ending
    assert {part for row in rows for part in row} - flags.keys() == unnamed


def _suffix(run: str) -> str:
    """Of the packages that a run of `make package` builds."""
    options = set(run.split())
    images = "IMAGES=1" in options
    return Flavour("WITHOUT_XGBOOST=1" not in options, images or "ONNX=1" in options, images).suffix


def test_a_release_compares_two_builds_before_it_signs() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    steps = [step.get("run", step.get("uses", "")) for step in jobs["release"]["steps"]]
    assert jobs["release"]["needs"] == ["build", "test"]
    assert jobs["build"]["strategy"]["matrix"]["build"] == ["first", "second"]
    compared = next(i for i, step in enumerate(steps) if step == "diff --recursive first second")
    assert compared < next(i for i, step in enumerate(steps) if "attest-build-provenance" in step)
