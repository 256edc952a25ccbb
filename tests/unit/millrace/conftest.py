"""The project's folders, in a temporary place."""

from pathlib import Path

import botocore.loaders
import botocore.session
import pytest

import millrace.demo.run
import millrace.deployment.terraform
import millrace.stack

LOADER = botocore.loaders.create_loader()


@pytest.fixture(autouse=True)
def _shared_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The descriptions of AWS's services are read once for all tests: most of what a new client costs."""
    monkeypatch.setattr(botocore.session, "create_loader", lambda path: LOADER)


@pytest.fixture(autouse=True)
def _own_session() -> None:
    """Clients are made by one session of the program, which would keep the credentials of another test."""
    millrace.stack._session.cache_clear()


@pytest.fixture(autouse=True)
def _no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Makefile exports PORT, and the commands read it: `PORT=4570 make test` must not change what they say."""
    monkeypatch.delenv("PORT", raising=False)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for the project's scratch folder, below `root`."""
    folder = tmp_path / ".millrace"
    for module in (millrace.demo.run, millrace.stack, millrace.deployment.terraform):
        monkeypatch.setattr(module, "SCRATCH", folder)
    monkeypatch.setattr(millrace.demo.run, "ROOT", tmp_path)
    return folder
