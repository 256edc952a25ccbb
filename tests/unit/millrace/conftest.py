"""The project's folders, in a temporary place."""

from pathlib import Path

import pytest

import millrace.demo
import millrace.stack
import millrace.terraform


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for the project's scratch folder, below `root`."""
    folder = tmp_path / ".millrace"
    for module in (millrace.demo, millrace.stack, millrace.terraform):
        monkeypatch.setattr(module, "SCRATCH", folder)
    monkeypatch.setattr(millrace.demo, "ROOT", tmp_path)
    return folder
