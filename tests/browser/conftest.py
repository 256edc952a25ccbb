"""A page looked at in headless Chromium; without Chromium or Node these tests are skipped, and say why."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from millrace import report
from millrace.paths import ROOT
from tests.fakes.kept_run import keep

FOLDER = ROOT / ".millrace" / "browser"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's path; playwright-core and axe-core lie in FOLDER then."""
    done = subprocess.run([ROOT / "scripts" / "setup_browser"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no browser to look at the report with: {done.stderr.strip()}")
    return done.stdout.strip()


@pytest.fixture(scope="session")
def views(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What look.mjs saw of a report, by width and scheme."""
    page = report.write(keep(tmp_path_factory.mktemp("runs") / "20261121-124107"))
    return look(chromium, page)


def look(chromium: str, page: Path | str, *arguments: Path, script: str = "look.mjs") -> dict[str, dict[str, Any]]:
    """What the script saw, by width and scheme."""
    return {view["name"]: view for view in run_script(script, chromium, page, *arguments)}


def run_script(script: str, *arguments: Path | str) -> Any:
    """The JSON that a script of this folder prints."""
    done = subprocess.run(
        ["node", Path(__file__).with_name(script), *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
