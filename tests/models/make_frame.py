"""Makes xgboost-<version>/frame.ubj: trained on a pandas data frame, so that the model keeps the categories' names."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb

random = np.random.default_rng(1)
DEVICES, REGIONS = ["tablet", "desktop", "móvil"], [30, 10, 20]


def frame(rows):
    device = pd.Categorical(random.choice([*DEVICES, None], rows), categories=DEVICES)
    region = pd.Categorical(random.choice(REGIONS, rows), categories=REGIONS)
    return pd.DataFrame({"spend": random.gamma(2.0, 20.0, rows), "device": device, "region": region})


training, rows = frame(300), frame(8)
label = (training["device"] == "tablet") ^ (training["region"] == 10)
parameters = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1, "seed": 1, "max_cat_to_onehot": 1}
booster = xgb.train(parameters, xgb.DMatrix(training, label, enable_categorical=True), 3)
folder = Path(f"xgboost-{xgb.__version__}")
folder.mkdir(exist_ok=True)
booster.save_model(folder / "frame.ubj")
scores = booster.predict(xgb.DMatrix(rows, enable_categorical=True)).tolist()
expected = {"rows": json.loads(rows.to_json(orient="records")), "scores": {"frame.ubj": scores}}
(folder / "expected.json").write_text(json.dumps(expected) + "\n")
