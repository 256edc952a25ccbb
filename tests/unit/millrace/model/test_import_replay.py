"""A model that was trained on a data frame with integer categories: imported by a sample, which is then replayed."""

import json

import polars as pl
import pytest

from millrace.model.import_model import Import, import_model
from millrace.paths import ROOT
from stream_producers.replay import replay
from tests.fakes import envelopes
from tests.fakes.scorer import FakeScorer

FOLDER = ROOT / "tests" / "models" / "xgboost-3.4.1"


def test_the_rows_of_the_sample_are_scored_as_xgboost_scored_them():
    expected = json.loads((FOLDER / "expected.json").read_text())
    frame = pl.DataFrame(expected["rows"]).with_columns(pl.col("region").cast(pl.Int64))
    artifact = import_model(FOLDER / "frame.ubj", Import(envelopes.MODEL, "1", sample=frame, missing="always"))
    scorer = FakeScorer(artifact)

    scorer.run(envelopes.kinesis(*[event.data for event in replay(frame)]))

    assert scorer.quarantined == []
    assert [one["score"] for one in scorer.predictions] == pytest.approx(expected["scores"]["frame.ubj"], rel=1e-6)
