"""Any LightGBM model: converted, its rows come to the same leaves, and its scores are LightGBM's but for rounding.

Rows are around the model's thresholds, and missing, 0 or at the ends of float32. Scores agree within a relative
`lightgbm_import.RELATIVE`, or `lightgbm_import.ABSOLUTE` of the largest score.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from millrace.model import import_file
from predictors.xgboost.booster import Booster
from tests.fakes import lightgbm_models as models
from tests.property.budget import budget

OBJECTIVES = (
    "regression", "regression_l1", "huber", "fair", "quantile", "mape", "poisson", "gamma", "tweedie", "cross_entropy",
    "binary", "multiclass", "multiclassova", "lambdarank", "rank_xendcg",
)  # fmt: skip
PARAMETERS: dict[str, st.SearchStrategy[Any]] = {
    "boosting": st.sampled_from(["gbdt", "gbdt", "dart", "rf"]),
    "num_leaves": st.sampled_from([2, 5, 31, 200]),
    "learning_rate": st.sampled_from([0.05, 0.3, 1.0]),
    "min_data_in_leaf": st.sampled_from([1, 20, 900]),
    "min_data_per_group": st.sampled_from([1, 100]),
    "max_cat_to_onehot": st.sampled_from([1, 4, 50]),
    "max_bin": st.sampled_from([3, 255]),
    "use_missing": st.booleans(),
    "zero_as_missing": st.booleans(),
    "extra_trees": st.booleans(),
    "sigmoid": st.sampled_from([0.5, 1.0, 3.0]),
    "lambda_l2": st.sampled_from([0.0, 5.0]),
    "seed": st.integers(0, 1_000),
}


@given(
    st.sampled_from(OBJECTIVES), st.fixed_dictionaries(PARAMETERS), st.booleans(), st.sampled_from([1, 7, 40]),
    st.sampled_from([1.0, 1e-30, 1e30, 1e-3]),
)  # fmt: skip
@budget("LightGBM models")
def test_a_converted_model_scores_as_lightgbm_does(
    objective: str, parameters: dict[str, Any], categorical: bool, rounds: int, size: float
) -> None:
    rows = models.matrix(400, seed=parameters["seed"])
    scaled = rows.copy()
    scaled[:, :2] *= np.float32(size)  # a label of the same rows, on another scale of the features
    booster = models.trained(objective, rows=rows, scaled=scaled, rounds=rounds, categorical=categorical, **parameters)
    with tempfile.TemporaryDirectory() as folder:
        booster.save_model(Path(folder, "lgb.txt"))
        plain = import_file.read(Path(folder, "lgb.txt"))
    assert plain.lightgbm is not None
    sample = scaled.copy()
    for column in plain.lightgbm.zero_is_missing:
        sample[sample[:, column] == 0, column] = np.nan  # as the scorer does by the manifest
    plain.lightgbm.check(plain.original, 0, sample)  # raises where they differ

    found = np.frombuffer(Booster(plain.model).predict(sample.tobytes(), len(sample)), np.float32)
    expected = np.asarray(booster.predict(scaled))
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-5, atol=2e-6 * np.abs(expected).max())
