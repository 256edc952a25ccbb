"""Any table that `train` accepts: trained on, replayed, and scored as XGBoost scores it."""

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import xgboost as xgb
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from millrace.errors import UserError
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from stream_producers.errors import InputUnreadable
from stream_producers.replay import replay
from stream_producers.tables import read_table
from tests.fakes import envelopes
from tests.fakes.scorer import FakeScorer

TABLES = 40
ROWS = st.integers(6, 24)
TEXTS = st.sampled_from(["a", "b", "mobile", "Ü/~1", "007", "1.0", "1", "true", "False", "", " x", "1e3", "NaN", "[<]"])
VALUES = (
    (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    (pl.Int64, st.integers(0, 3)),
    (pl.UInt8, st.integers(0, 255)),
    (pl.Float64, st.floats(-1e30, 1e30)),
    (pl.Float32, st.floats(-100, 100, width=32)),
    (pl.Boolean, st.booleans()),
    (pl.String, TEXTS),
    (pl.Categorical, TEXTS),
)


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(ROWS)

    def column(name: str) -> pl.Series:
        kind, values = draw(st.sampled_from(VALUES))
        gaps = st.one_of(st.none(), values) if draw(st.booleans()) else values
        return pl.Series(name, draw(st.lists(gaps, min_size=rows, max_size=rows)), dtype=kind)

    names = draw(st.lists(st.sampled_from(["x", "y z", "a/b", "event_id", "é~"]), min_size=1, max_size=4, unique=True))
    label = [draw(st.sampled_from([0.25, 1.5, None])) if row > 4 else row / 2 + 0.25 for row in range(rows)]
    return pl.DataFrame([column(name) for name in names] + [pl.Series("label", label)])


@given(tables(), st.sampled_from(["csv", "parquet"]), st.sampled_from(["seen", "always"]))
@settings(max_examples=TABLES, deadline=None)
def test_a_table_that_train_accepts_is_replayed_without_quarantine_and_scored_as_xgboost_does(
    written: pl.DataFrame, format: str, missing: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"rows.{format}")
        written.write_csv(path) if format == "csv" else written.write_parquet(path)
        try:
            table = read_table(path)
            data = labelled(table, "label", missing=missing)
        except (UserError, InputUnreadable):
            assume(False)
    artifact = train(data, Recipe(envelopes.MODEL, "1", rounds=4))

    scorer = FakeScorer(artifact)
    payloads = [event.data for event in replay(table, leave_out=["label"])]
    scorer.run(envelopes.kinesis(*payloads))

    assert scorer.quarantined == []
    scores = np.array([one["score"] for one in scorer.predictions], np.float32)
    matrix = xgb.DMatrix(data.matrix, feature_names=[feature.name for feature in data.features])
    expected = xgb.Booster(model_file=bytearray(artifact.model)).predict(matrix)
    np.testing.assert_array_equal(scores[table["label"].is_not_null().to_numpy()], expected)
