"""Makes the folders of XGBoosts before 1.6, which write JSON only: python make_json.py <folder>. See README.md."""

import json
import sys
from pathlib import Path

import numpy as np
import xgboost as xgb

KINDS = {
    "binary": {"objective": "binary:logistic"},
    "multiclass": {"objective": "multi:softprob", "num_class": 3},
    "dart": {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5, "one_drop": 1},
}


def main(folder):
    folder.mkdir(exist_ok=True)
    random = np.random.RandomState(1)
    rows = random.randn(200, 3).astype(np.float32)
    truth = (rows[:, 0] + rows[:, 1] > 0).astype(float)
    rows[random.rand(200, 3) < 0.1] = np.nan
    scores = {}
    for kind, parameters in KINDS.items():
        label = truth + (rows[:, 2] > 0) if kind == "multiclass" else truth
        booster = xgb.train({"max_depth": 2, "nthread": 1, **parameters}, xgb.DMatrix(rows, label), 2)
        booster.save_model(str(folder / (kind + ".json")))
        scores[kind + ".json"] = booster.predict(xgb.DMatrix(rows[:8])).tolist()
    expected = {"rows": np.where(np.isnan(rows[:8]), None, rows[:8]).tolist(), "scores": scores}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
