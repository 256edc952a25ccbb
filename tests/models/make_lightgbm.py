"""Makes the folder of LightGBM, with pandas: python make_lightgbm.py <folder>. See README.md."""

import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd


def rows(count, random):
    frame = pd.DataFrame(
        {
            "pages viewed": random.integers(1, 40, count),
            "spend": np.where(random.random(count) < 0.2, np.nan, random.gamma(2.0, 20.0, count).round(2)),
            "device": random.choice(["tablet", "desktop", "móvil", None], count),
            "region": random.choice([30, 10, 20], count),
        }
    )
    frame["device"] = frame["device"].astype(pd.CategoricalDtype(["tablet", "desktop", "móvil"]))
    frame["region"] = frame["region"].astype(pd.CategoricalDtype([30, 10, 20]))
    return frame


def main(folder):
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(1)
    training, few = rows(400, random), rows(12, random)
    truth = training["pages viewed"] / 10 + training["spend"].fillna(0) / 30 + (training["device"] == "móvil") * 2
    truth = truth + (training["region"] == 10)
    parameters = {"objective": "binary", "num_leaves": 6, "min_data_in_leaf": 5, "min_data_per_group": 5, "verbose": -1}
    model = lgb.train({**parameters, "num_threads": 1}, lgb.Dataset(training, truth > 4.5), 8)
    model.save_model(folder / "frame.txt")
    scores = {"frame.txt": model.predict(few).tolist()}
    expected = {"rows": json.loads(few.to_json(orient="records")), "scores": scores}
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
