"""`millrace explain`: the score of an event, and what each feature adds to it."""

import json
from pathlib import Path

import pytest

from millrace.cli import app
from model_store.attribution_setting import AttributionSetting
from tests.fakes import artifacts, envelopes, onnx_models
from tests.fakes.commands import RUNNER, plain, run
from tests.fakes.scorer import FakeScorer

EVENT = envelopes.event(3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    artifacts.artifact().write(tmp_path / "model")
    (tmp_path / "event.json").write_text(json.dumps(EVENT))
    return tmp_path


def explain(folder: Path, *options: object, event: object = None) -> tuple[int, str, str]:
    code, out, err = run("explain", event or folder / "event.json", "--model", f"{folder}/model", *options)
    return code, plain(out), err


def test_it_shows_what_the_scorer_publishes(folder: Path) -> None:
    scorer, artifact = FakeScorer(), artifacts.artifact()
    scorer.store.release_as(champion=artifact, attributions=AttributionSetting(share=1.0, top=10))
    scorer.run(envelopes.kinesis(EVENT))
    (published,) = scorer.predictions
    code, out, _ = explain(folder, "--json")
    assert code == 0
    (found,) = json.loads(out)
    assert found == {name: published[name] for name in ("event_id", "score", "label", "attributions")}


def test_it_prints_score_label_and_features(folder: Path) -> None:
    code, out, _ = explain(folder, "--top", 2)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("score 0.")
    assert [line.split()[0] for line in lines[-3:]] == ["rest", "base", "margin"]
    assert len(lines) <= 6


def test_the_event_can_come_from_standard_input(folder: Path) -> None:
    result = RUNNER.invoke(app, ["explain", "-", "--model", f"{folder}/model"], input=json.dumps(EVENT))
    assert (result.exit_code, plain(result.stdout)) == explain(folder)[:2]


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"{", "expected an event that the model can score, got INVALID_JSON"), (None, "expected a file with an event")],
)
def test_what_cannot_be_scored_ends_in_one_line(folder: Path, data: bytes | None, message: str) -> None:
    path = folder / "other.json"
    if data is not None:
        path.write_bytes(data)
    code, _, err = explain(folder, event=path)
    assert (code, len(err.splitlines())) == (1, 1)
    assert message in err


def test_an_onnx_model_has_none_which_is_said(tmp_path: Path) -> None:
    onnx_models.artifact().write(tmp_path / "model")
    event = {"event_id": "e", "features": {f"x{number}": 0.5 for number in range(onnx_models.COLUMNS)}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    code, _, err = explain(tmp_path)
    assert (code, len(err.splitlines())) == (1, 1)
    assert "expected a model with feature attributions, got 1: ONNX models have no feature attributions" in err
