"""A peer: BentoML with xgboost, one worker, its own batching off: requests have one row each."""

import os
from pathlib import Path
from typing import Any

import bentoml
import numpy as np
import xgboost as xgb

FILE = Path(os.environ["BENCH_MODEL"])


@bentoml.service(workers=1)
class Scorer:
    def __init__(self) -> None:
        self.names = os.environ["BENCH_FEATURES"].split(",")
        self.booster = xgb.Booster(model_file=FILE)
        self.booster.set_param({"nthread": 1})

    @bentoml.api(route="/predict")  # type: ignore[untyped-decorator]
    def predict(self, event_id: str, features: dict[str, float]) -> dict[str, Any]:
        row = np.array([[features[name] for name in self.names]], dtype=np.float32)
        return {"event_id": event_id, "score": float(self.booster.inplace_predict(row)[0])}
