"""`millrace watch` from end to end, on a stack in memory."""

import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from millrace.errors import UserError
from millrace.stack import Stack
from millrace.watch import Options, watch
from tests.fakes.commands import run
from tests.fakes.stack import outputs, prediction_document, stack
from tests.fakes.watched import line, release

Client = Callable[[str], Any]
KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-central-1"}


@pytest.fixture
def deployed(aws: Client) -> Stack:
    """A stack in which something happened a moment ago."""
    running, now = stack(aws), time.time()
    running.model_store().put_release(release(), replacing=None)
    for key in ("1", "2", "3"):
        aws("kinesis").put_record(StreamName="predictions", Data=prediction_document(key), PartitionKey=key)
    aws("logs").create_log_stream(logGroupName="/aws/lambda/scorer", logStreamName="one")
    event = {"timestamp": int(now * 1000), "message": line(now, quarantined={"WRONG_TYPE": 4})}
    aws("logs").put_log_events(logGroupName="/aws/lambda/scorer", logStreamName="one", logEvents=[event])
    return running


def terminal(is_one: bool = True, width: int = 100) -> Console:
    return Console(file=io.StringIO(), force_terminal=is_one, width=width, height=30, color_system=None)


def written(console: Console) -> str:
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", text).split())


class CtrlC:
    """Sleeps until what is waited for has been seen, then ends the command."""

    def __init__(self, seen: Callable[[], bool]) -> None:
        self._seen, self._end = seen, time.monotonic() + 60.0

    def __call__(self, seconds: float) -> None:
        if self._seen() or time.monotonic() > self._end:
            raise KeyboardInterrupt
        time.sleep(seconds)


def test_one_look(deployed: Stack) -> None:
    console = terminal(is_one=False)

    watch(deployed, Options(once=True, window=0, since=60), console=console)

    text = written(console)
    assert "stack test · sessions → kinesis" in text
    assert re.search(r"events [\d.–]+(/s)? [▁-█· ]+500 ", text)
    assert re.search(r"in the sink [\d.–]+(/s)? [▁-█· ]+3 ", text)
    assert "WRONG_TYPE 4 0.8 %" in text
    assert "split by ada" in text
    assert re.search(r"eve…f (\d) \1 0.2500 yes 7 champion", text)
    assert "not looked for: the stack has no evaluator" in text
    assert "none of 0 in ALARM" in text


def test_without_a_terminal_it_looks_once(deployed: Stack) -> None:
    console = terminal(is_one=False)

    watch(deployed, Options(window=0), console=console)

    assert "stack test" in written(console)


def test_live_until_ctrl_c(deployed: Stack) -> None:
    """It ends well, and leaves behind what was seen last."""
    console = terminal()

    def seen() -> bool:
        text = written(console)
        return text.count("stack test") >= 3 and "WRONG_TYPE 4" in text

    watch(deployed, Options(since=60, interval=0.5), console=console, sleep=CtrlC(seen))

    text = written(console)
    assert text.count("stack test") >= 3
    assert "WRONG_TYPE 4" in text[text.rindex("stack test") :]


def test_lines_of_json_until_ctrl_c(deployed: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []

    def seen() -> bool:
        lines.extend(capsys.readouterr().out.splitlines())
        return len(lines) >= 2 and "WRONG_TYPE" in lines[-1]

    watch(deployed, Options(as_json=True, since=60, interval=0.5), console=terminal(), sleep=CtrlC(seen))

    assert len(lines) >= 2
    assert json.loads(lines[-1])["quarantined"] == {"WRONG_TYPE": 4}


def test_one_look_as_json(deployed: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    watch(deployed, Options(once=True, as_json=True, window=0, since=60), console=terminal())

    (look,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (look["totals"]["events"], look["totals"]["in_sink"]) == (500, 3)
    assert look["trouble"] == {}


def test_what_is_missing_is_told_in_its_place(deployed: Stack, aws: Client) -> None:
    aws("kinesis").delete_stream(StreamName="predictions")
    console = terminal(is_one=False, width=200)

    watch(deployed, Options(window=0, since=60), console=console)

    assert "! there is none: Stream predictions" in written(console)
    assert "WRONG_TYPE 4" in written(console)


def test_where_nothing_answers_one_look_says_so() -> None:
    place = Stack("gone", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", **KEYS}, outputs())

    with pytest.raises(UserError, match="nothing answers: no answer: Could not connect"):
        watch(place, Options(once=True, window=0), console=terminal())


def test_the_command(deployed: Stack, scratch: Path, tmp_path: Path) -> None:
    Stack("dev", {}, deployed.outputs).save()

    code, out, err = run("watch", "--stack", "dev", "--window", "0", "--json", "--once", "--since", "60")

    assert (code, err) == (0, "")
    assert json.loads(out)["stack"] == "dev"
