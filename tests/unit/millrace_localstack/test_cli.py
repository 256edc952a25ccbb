from collections.abc import Callable
from pathlib import Path

import pytest

from millrace_localstack.launcher import LocalStack, cli
from millrace_localstack.launcher import localstack as module

Make = Callable[..., LocalStack]


@pytest.fixture
def run(make_localstack: Make, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr(module, "install", lambda *arguments: False)
    root = make_localstack().root
    return lambda *arguments: cli.main(["--root", str(root), *arguments])


def test_start_status_logs_stop(
    run: Callable[..., int], port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("status") == cli.NOT_RUNNING
    assert run("start", "--port", str(port)) == 0
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in capsys.readouterr().out
    assert run("status") == 0  # finds the port by itself
    assert f":{port}" in capsys.readouterr().out

    assert run("logs") == 0
    assert "as usual" in capsys.readouterr().out
    assert run("logs", "--path") == 0
    assert Path(capsys.readouterr().out.strip()).is_relative_to(tmp_path)

    assert run("stop") == 0
    assert "stopped" in capsys.readouterr().out
    assert run("stop") == 0
    assert "was not running" in capsys.readouterr().out


def test_follow_ends_with_localstack(run: Callable[..., int], port: int, capsys: pytest.CaptureFixture[str]) -> None:
    run("start", "--port", str(port))
    run("stop")
    capsys.readouterr()

    assert run("logs", "--follow") == 0

    assert "as usual" in capsys.readouterr().out


def test_errors_are_one_line_on_standard_error(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("logs") == 1

    output = capsys.readouterr()
    assert output.err.startswith("error: There is no log yet")
    assert output.err.count("\n") == 1
