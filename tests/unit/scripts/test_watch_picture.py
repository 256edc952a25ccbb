from pathlib import Path

import pytest

from millrace.paths import ROOT
from scripts import watch_picture


def test_the_picture_in_the_documents_is_of_todays_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else draw it anew: .venv/bin/python -m scripts.watch_picture"""
    monkeypatch.setattr(watch_picture, "PICTURE", tmp_path / "watch.svg")

    watch_picture.main()

    assert (tmp_path / "watch.svg").read_text() == (ROOT / "docs" / "images" / "watch.svg").read_text()
