"""What is kept of a run is read as it was written."""

from copy import replace
from pathlib import Path

import pytest

from evaluation.errors import NotMergeable
from millrace.accounting import kept
from millrace.accounting.prediction import Prediction
from model_store.output import Output
from stream_producers.synthetic import Sessions
from tests.fakes.kept_run import manifest
from tests.fakes.runs import by_key, prediction, receipt


def sessions(count: int, seed: int = 7, start: int = 0) -> list[Prediction]:
    numbers = range(start, start + count)
    return [prediction(f"{seed}-{i}", event_id=f"session-{seed}-{i:09d}", score=0.25) for i in numbers]


def test_predictions_are_read_as_written_with_their_outcomes(tmp_path: Path) -> None:
    written = [prediction("a", arrived_at=1000.25, label=None), prediction("b"), prediction("c")]

    receipts = by_key(receipt("a", outcome=1), receipt("b", outcome=0), receipt("z"))
    kept.write_predictions(tmp_path / "p", written, receipts)

    read = kept.read_predictions(tmp_path / "p")
    assert [one.prediction for one in read] == written
    assert [one.outcome for one in read] == [1, 0, None]


def test_drift_counts_each_scored_session_in_the_cells_of_the_baseline(tmp_path: Path) -> None:
    kept.write_drift(tmp_path / "d", manifest(), [*sessions(300), *sessions(20, seed=8, start=5_000)])

    drift = kept.read_drift((tmp_path / "d").read_bytes(), manifest())

    assert {one.rows for one in drift.values()} == {320}
    assert not any(drift[name].drifted for name in ("device", "cart_value", "pages_viewed"))
    assert drift["hour"].drifted, "sessions begin one a minute: these are of five hours"
    assert drift[kept.SCORE].drifted, "all scores are the same here"


def test_drift_is_of_the_sessions_that_were_scored_and_of_no_other(tmp_path: Path) -> None:
    """Of mobile visitors only: the device has drifted."""
    table = Sessions(7).table(2_000)
    phones = [i for i, device in enumerate(table["device"]) if device == "phone"]
    everything = sessions(2_000)

    kept.write_drift(tmp_path / "d", manifest(), [everything[i] for i in phones])

    assert kept.read_drift((tmp_path / "d").read_bytes(), manifest())["device"].reasons == ("values",)


@pytest.mark.parametrize("ids", [[], ["order-1", "session-x-1", "session-7-"]])
def test_events_of_other_producers_have_no_drift(ids: list[str], tmp_path: Path) -> None:
    kept.write_drift(tmp_path / "d", manifest(), [prediction(name, event_id=name) for name in ids])

    assert not (tmp_path / "d").exists()


def test_other_models_have_no_drift(tmp_path: Path) -> None:
    many = replace(manifest(), output=Output(width=3))
    other = replace(manifest(), features=(replace(manifest().features[0], name="unheard of"),))

    for model in (many, other):
        kept.write_drift(tmp_path / "d", model, sessions(3))

    assert not (tmp_path / "d").exists()


def test_counts_of_another_model_are_refused(tmp_path: Path) -> None:
    kept.write_drift(tmp_path / "d", manifest(), sessions(3))
    other = replace(manifest(), version="other")

    with pytest.raises(NotMergeable, match="expected counts of"):
        kept.read_drift((tmp_path / "d").read_bytes(), other)
