"""`millrace redrive` on a stack in memory: what it shows, and how it ends."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millrace.redrive import stack as redrive_stack
from millrace.stack import Stack
from model_store.artifact import Artifact
from tests.fakes import commands
from tests.fakes.redrive import Lab, answered, batch
from tests.fakes.s3 import client_error


@pytest.fixture
def lab(artifact: Artifact, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Is the stack `local`."""
    lab = Lab(artifact)
    Stack("local", {}, lab.outputs).save()
    monkeypatch.setattr(Stack, "client", lambda stack, service, config=None: lab.client(service))
    return lab


def run(*arguments: str) -> tuple[int, str, str]:
    return commands.run("redrive", *arguments)


def test_by_default_it_shows_what_waits_and_does_nothing(lab: Lab) -> None:
    lab.give_up(batch(3))
    lab.letter()
    lab.quarantine(b"{")

    code, out, err = run()

    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["from", "reason", "arrived", "on", "first", "last", "records"],
        ["dead-letters", "Undeliverable", "2023-11-14", "22:13", "22:13", "1"],
        ["on-failure", "RetryAttemptsExhausted", "2023-11-14", "22:13", "22:13", "3"],
    ]
    assert lab.function.sizes == []


def rows(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines() if line.startswith("│")]


def test_it_redrives_and_ends_with_counts(lab: Lab) -> None:
    lab.give_up(batch(3, first=7))
    lab.quarantine(b"{", b"[]")
    origins = ("--from", "quarantine", "--from", "on-failure", "--code", "INVALID_JSON")

    code, out, err = run("--execute", *origins)

    assert (code, err) == (0, "")
    assert dict(row for row in rows(out) if len(row) == 2) == {
        "predictions": "3",
        "quarantined again": "1",
        "INVALID_JSON": "1",
        "failed again": "0",
        "left, not tried": "0",
    }
    assert len(lab.predicted()) == 3


def test_nothing_to_redrive(lab: Lab) -> None:
    code, out, _ = run("--execute")
    assert (code, "nothing waits" in out) == (0, True)


def test_json_is_all_there_is_on_the_output(lab: Lab) -> None:
    lab.give_up(batch(2))

    code, out, _ = run("--json")

    waiting = {
        "from": "on-failure",
        "reason": "RetryAttemptsExhausted",
        "day": "2023-11-14",
        "first_arrival": "2023-11-14T22:13:20.250Z",
        "last_arrival": "2023-11-14T22:13:20.250Z",
        "records": 2,
    }
    assert code == 0
    assert json.loads(out) == {"executed": False, "waiting": [waiting], "records": 2, "unreadable": []}

    code, out, _ = run("--json", "--execute")

    assert code == 0
    assert json.loads(out) == {
        "executed": True,
        "waiting": [waiting],
        "records": 2,
        "predictions": 2,
        "ignored": 0,
        "quarantined": {},
        "failed": {},
        "left": 0,
        "trouble": "",
        "stopped": False,
        "unreadable": [],
    }


def test_exit_code_1_if_something_failed_again(lab: Lab) -> None:
    expected = lab.give_up(batch(2))
    failure = {"itemIdentifier": expected[1]}
    lab.function.trouble(
        lambda records: answered({"batchItemFailures": [failure], "quarantined": [], "ignored": [], "predictions": []})
    )

    code, out, _ = run("--execute")

    assert code == 1
    assert ["failed again", "1"] in rows(out)


def test_exit_code_1_and_the_reason_if_the_scorer_cannot_be_called(lab: Lab) -> None:
    lab.give_up(batch(2))

    def refuses(records: Any) -> None:
        raise client_error("AccessDeniedException", 403)

    lab.function.trouble(refuses)

    code, out, err = run("--execute")

    assert (code, "AccessDenied" in err) == (1, True)
    assert ["left, not tried", "2"] in rows(out)


def test_what_cannot_be_read_is_named(lab: Lab) -> None:
    lab.put("aws/lambda/other.txt", "not ours")

    code, _, err = run()
    assert (code, "on-failure: aws/lambda/other.txt" in err) == (0, True)
    code, _, err = run("--execute")
    assert (code, "on-failure: aws/lambda/other.txt" in err) == (1, True)


def interrupting(times: int) -> Callable[[Any], None]:
    def interrupt(records: Any) -> None:
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)

    return interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_after_the_chunk(lab: Lab, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    expected = lab.give_up(batch(4))
    monkeypatch.setattr(redrive_stack, "Redrive", lambda **settings: lab.redrive(chunk_records=2))
    lab.function.trouble(lambda records: os.kill(os.getpid(), number))

    code, out, err = run("--execute")

    assert code == 130
    assert "ending after the chunk under way" in err
    assert ["predictions", "2"] in rows(out)
    assert ["left, not tried", "2"] in rows(out)
    assert run("--execute")[0] == 0
    assert lab.predicted() == expected, "once each"


def test_ctrl_c_twice_ends_at_once_and_nothing_is_lost(lab: Lab) -> None:
    expected = lab.give_up(batch(4))
    lab.function.trouble(interrupting(2))

    code, _, err = run("--execute")

    assert (code, err.splitlines()[-1]) == (130, "error: interrupted")
    assert lab.predicted() == []
    assert run("--execute")[0] == 0, "the lease was given back"
    assert lab.predicted() == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "yesterday"], "error: expected a time like 2026-11-21"),
        (["--code", "INVALID_JSON"], "error: codes choose among what is in quarantine"),
    ],
)
def test_what_cannot_be_chosen_is_one_line(lab: Lab, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith(message)


@pytest.mark.parametrize("arguments", [["--from", "nowhere"], ["--code", "NOPE"], ["--limit", "0"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


def test_a_stack_from_before_there_was_a_redrive(lab: Lab) -> None:
    del lab.outputs["failure_store"]["redriven_prefix"]
    Stack("local", {}, lab.outputs).save()

    code, _, err = run()

    assert code == 1
    assert "error: the stack 'local' has no output 'redriven_prefix'" in err


def test_the_client_of_the_function_outlasts_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    configs: dict[str, Any] = {}

    def client(stack: Stack, service: str, config: Any = None) -> Any:
        configs[service] = config
        return lab.client(service)

    monkeypatch.setattr(Stack, "client", client)
    run()

    assert configs["lambda"].read_timeout > lab.outputs["scorer"]["timeout_seconds"]
    assert configs["lambda"].retries == {"mode": "standard", "total_max_attempts": 1}
