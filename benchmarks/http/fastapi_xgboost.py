"""A peer: FastAPI with xgboost, as its users write it: a model of pydantic, a row of numpy, `inplace_predict`."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from fastapi import FastAPI
from pydantic import BaseModel

FILE = Path(os.environ["BENCH_MODEL"])
NAMES = os.environ["BENCH_FEATURES"].split(",")
BOOSTER = xgb.Booster(model_file=FILE)
BOOSTER.set_param({"nthread": 1})


class FeatureEvent(BaseModel):
    event_id: str
    features: dict[str, float]


app = FastAPI()


@app.get("/ping")  # type: ignore[untyped-decorator]
async def ping() -> dict[str, bool]:
    return {"ready": True}


@app.post("/predict")  # type: ignore[untyped-decorator]
async def predict(event: FeatureEvent) -> dict[str, Any]:
    row = np.array([[event.features[name] for name in NAMES]], dtype=np.float32)
    return {"event_id": event.event_id, "score": float(BOOSTER.inplace_predict(row)[0])}
