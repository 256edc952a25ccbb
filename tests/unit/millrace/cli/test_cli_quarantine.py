"""`millrace quarantine`: counts by code and path, an example's position, the fix; no payload unless asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millrace.quarantine import FIXES
from millrace.stack import Stack
from records.faults import Code, Fault
from records.record import Record
from sinks.quarantine import entry
from tests.fakes import envelopes
from tests.fakes.commands import run
from tests.fakes.stack import stack

Client = Callable[[str], Any]
SECRET = b'{"event_id": "secret", "features": {}}'


def records() -> list[Record]:
    return list(envelopes.read(envelopes.kinesis(SECRET, b"\xff", b"[]")).records)


@pytest.fixture
def put(aws: Client, scratch: Path) -> Callable[..., None]:
    there = stack(aws)
    Stack("local", {}, there.outputs).save()
    s3 = aws("s3")

    def put(name: str, *entries: bytes) -> None:
        s3.put_object(Bucket="failures", Key=f"quarantine/2026/11/21/{name}.jsonl", Body=b"".join(entries))

    return put


def entries() -> list[bytes]:
    missing = Fault(Code.MISSING_FEATURE, "/features/pages", "expected an integer, got nothing")
    invalid = Fault(Code.INVALID_UTF8, "", "expected UTF-8")
    one, two, three = records()
    return [entry(one, missing, 1_000.0), entry(two, invalid, 2_000.0), entry(three, missing, 3_000.0)]


def test_counts_by_code_and_path_with_an_example(put: Callable[..., None]) -> None:
    put("a", *entries())
    put("b", entries()[0])  # delivered again

    code, out, err = run("quarantine")

    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[1] == ("MISSING_FEATURE /features/pages 2 1970-01-01T00:16:40.000Z, 1970-01-01T00:50:00.000Z")
    assert lines[2] == "example expected an integer, got nothing"
    assert f"shard {envelopes.SHARD}" in lines[3]
    assert "position " in lines[3]
    assert lines[4] == f"→ {FIXES['MISSING_FEATURE']}"
    assert lines[5].startswith("INVALID_UTF8 the event 1 ")
    assert lines[-1] == "when fixed: millrace redrive --stack local --from quarantine --dry-run"
    assert "secret" not in out


def test_the_payload_only_where_it_is_asked_for(put: Callable[..., None]) -> None:
    put("a", *entries()[:2])
    assert "secret" not in run("quarantine", "--json")[1]
    out = run("quarantine", "--show-payload")[1]
    assert SECRET.decode() in out
    assert r"\xff" in out
    shown = json.loads(run("quarantine", "--json", "--show-payload")[1])
    assert [group["payload"] for group in shown["groups"]] == [SECRET.decode(), r"\xff"]


def test_what_is_older_is_left_out(put: Callable[..., None]) -> None:
    put("a", *entries())
    assert run("quarantine", "--since", 24)[1] == "nothing is in quarantine\n"


def test_an_object_that_is_none_is_named(put: Callable[..., None]) -> None:
    put("a", b"no entry\n")
    assert run("quarantine")[1] == (
        "nothing is in quarantine\nnot a quarantine object: quarantine/2026/11/21/a.jsonl\n"
    )


def test_every_code_has_a_fix() -> None:
    assert FIXES.keys() == {str(code) for code in Code}
