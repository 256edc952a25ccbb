"""Real sessions: the stack's predictions are XGBoost's own, and they are good."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from millrace.model.tables import encode, labelled
from millrace.model.train import Recipe, train
from millrace.paths import ROOT
from model_store.feature import Feature
from stream_producers.receipts import Receipt
from stream_producers.replay import replay
from stream_producers.tables import read_table
from tests.integration.harness import Harness

OpenStack = Callable[[str], Harness]
DATA = ROOT.parent / "shared" / "data" / "online_shoppers_intention.csv"
LABEL = "Revenue"


@pytest.mark.skipif(not DATA.exists(), reason=f"the dataset {DATA.name} is not beside the project, in shared/data")
def test_predictions_on_real_sessions_are_xgboosts_own(harness: OpenStack) -> None:
    frame = read_table(DATA).sample(fraction=1, shuffle=True, seed=1)
    training, rest = frame.head(frame.height * 7 // 10), frame.tail(frame.height - frame.height * 7 // 10)
    artifact = train(labelled(training, LABEL), Recipe("online-shoppers", "v1"))
    stack = harness("topic_sink")
    stack.serve(artifact)

    receipts = stack.send(replay(rest, name="shopper", label=LABEL, positive="1"), stack.stream)
    account = stack.settle()

    assert account.predictions == rest.height
    expected = _xgboosts_own(artifact.model, rest, artifact.manifest.features)
    found = [stack.predictions[key].score for key in stack.by_id(sorted(receipts, key=_number))]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert account.roc_auc is not None
    assert account.roc_auc > 0.90


def _number(receipt: Receipt) -> int:
    return int(receipt.event_id.rpartition("-")[2])


def _xgboosts_own(model: bytes, rows: pl.DataFrame, features: Sequence[Feature]) -> np.ndarray:
    """The scores of XGBoost's Python package on the same rows, encoded by the training code."""
    booster = xgb.Booster()
    booster.load_model(bytearray(model))
    matrix = np.column_stack([encode(rows[feature.name], feature) for feature in features])
    return np.asarray(booster.inplace_predict(matrix))
