"""The clients of docs/http.md as they are there, against the model that the demo trains."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from millrace.demo import training
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.paths import ROOT
from stream_producers.synthetic import LABEL, Sessions
from tests.fakes.commands import run
from tests.fakes.envelopes import MODEL
from tests.fakes.http_endpoint import FakeEndpoint
from tests.fakes.http_serving import serving

TEXT = (ROOT / "docs" / "http.md").read_text().partition("## Clients")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
EVENT = next(block for language, block in BLOCKS if language == "json")
CONSOLE = "\n".join(block for language, block in BLOCKS if language == "console")
PYTHON = [block for language, block in BLOCKS if language == "python"]
KEY = "the-key"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    table = labelled(Sessions(training.SEED).table(2_000), LABEL)
    with serving(FakeEndpoint(train(table, Recipe(MODEL, "v1", rounds=5))), key=KEY) as served:
        yield served


@pytest.fixture(autouse=True)
def place(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "event.json").write_text(EVENT)
    monkeypatch.chdir(tmp_path)
    for name, value in {"URL": url, "MILLRACE_URL": url, "API_KEY": KEY, "MILLRACE_API_KEY": KEY}.items():
        monkeypatch.setenv(name, value)


def test_curl(url: str) -> None:
    line = next(line for line in CONSOLE.replace("\\\n", " ").splitlines() if line.startswith("$ curl"))
    command = shlex.split(line.removeprefix("$ ").replace("$URL", url).replace("$API_KEY", KEY))
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert found["label"] in ("0", "1")
    shown = re.search(r"^\{.*\}$", CONSOLE, re.MULTILINE)
    assert shown
    assert re.findall(r'"(\w+)":', shown[0])[:2] == list(found)[:2]


def test_python(capsys: pytest.CaptureFixture[str]) -> None:
    exec(PYTHON[0], {})
    assert re.match(r"[01] 0\.\d+ \[\{'feature': ", capsys.readouterr().out)


def test_tritonclient(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = PYTHON[1].replace('"predict.example.com", ssl=True', repr(url.removeprefix("http://")))
    exec(code.replace("purchase-intent", MODEL), {})
    assert re.match(r"\[0\.\d+ +0\.\d+\] \[.*\] v1", capsys.readouterr().out)


def test_the_command() -> None:
    assert "$ millrace predict event.json\n" in CONSOLE
    code, out, err = run("predict", "event.json")
    assert (code, err) == (0, "")
    assert json.loads(out)["label"] in ("0", "1")
