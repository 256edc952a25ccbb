"""Trainings by a stack's function: what is sent, and what is said of what comes back."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from millrace.cli.model_train_on_stack import _options
from millrace.errors import UserError
from millrace.model.on_stack import StackTrainer
from millrace.stack import Stack

OUTPUTS = {
    "trainer": {
        "alias_arn": "arn:aws:lambda:eu-west-1:1:function:mill-trainer:live",
        "log_group": "/aws/lambda/mill-trainer",
        "tables": {"bucket": "mill-models", "prefix": "tables/intent/"},
    }
}


class Clients:
    """S3 and Lambda: what they were sent, and the answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer, self.put, self.sent = answer, {}, []

    def __call__(self, service: str, config: Any = None) -> Any:
        return self

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.put[f"{Bucket}/{Key}"] = Body

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.sent.append((FunctionName, json.loads(Payload)))
        return self.answer


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(answer: Any, outputs: Any = OUTPUTS, **members: Any) -> tuple[StackTrainer, Clients]:
        clients = Clients({"Payload": io.BytesIO(json.dumps(answer).encode()), **members})
        monkeypatch.setattr(Stack, "client", lambda self, service, config=None: clients)
        return StackTrainer(Stack("dev", {}, outputs)), clients

    return made


def test_a_file_is_put_where_the_trainer_reads(trainer: Any, tmp_path: Path) -> None:
    (tmp_path / "sessions.csv").write_bytes(b"a,label")
    ours, clients = trainer({"version": "7"})
    assert ours.train(str(tmp_path / "sessions.csv"), label="label", version=None, seed=1) == {"version": "7"}
    assert clients.put == {"mill-models/tables/intent/sessions.csv": b"a,label"}
    request = {"table": "s3://mill-models/tables/intent/sessions.csv", "label": "label", "seed": 1}
    assert clients.sent == [(OUTPUTS["trainer"]["alias_arn"], request)]


def test_an_object_is_read_where_it_is(trainer: Any) -> None:
    ours, clients = trainer({"version": "7"})
    ours.train("s3://data/t.csv")
    assert (clients.put, clients.sent[0][1]) == ({}, {"table": "s3://data/t.csv"})


def test_a_refusal_is_said_as_it_is_and_another_error_names_the_log(trainer: Any) -> None:
    refused, _ = trainer({"errorType": "TrainingRefused", "errorMessage": "table: no rows"}, FunctionError="Unhandled")
    with pytest.raises(UserError, match=r"^table: no rows$"):
        refused.train("s3://data/t.csv")
    failed, _ = trainer({"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}, FunctionError="Unhandled")
    with pytest.raises(UserError, match=r"^Task timed out: its log is /aws/lambda/mill-trainer$"):
        failed.train("s3://data/t.csv")


def test_without_a_trainer_or_a_table_it_says_what_to_do(trainer: Any, tmp_path: Path) -> None:
    ours, _ = trainer({}, {"trainer": None})
    with pytest.raises(UserError, match="stack dev has no trainer: set `trainer"):
        ours.train("s3://data/t.csv")
    ours, _ = trainer({})
    with pytest.raises(UserError, match="expected a table, or s3://bucket/key"):
        ours.train(str(tmp_path / "gone.csv"))


def test_options_are_json_or_text() -> None:
    assert _options(["epochs=20", "unit=words", "grams=[1,2]"]) == {"epochs": 20, "unit": "words", "grams": [1, 2]}
    with pytest.raises(UserError, match="--option: expected NAME=JSON"):
        _options(["epochs"])
