"""What the peers share: model and client made once, and full calls to the sink."""

import os
from collections.abc import Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import xgboost as xgb

MOST_ENTRIES = 500


def load(model: Path | None = None) -> xgb.Booster:
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(model or os.environ["BENCH_MODEL"])
    return booster


def client() -> Any:
    """With the scorer's settings: to validate parameters is a quarter of a call's work."""
    settings = botocore.config.Config(parameter_validation=False, tcp_keepalive=True)
    return boto3.client("kinesis", config=settings)


def put_records(kinesis: Any, entries: Sequence[dict[str, Any]]) -> None:
    for call in batched(entries, MOST_ENTRIES, strict=False):
        answer = kinesis.put_records(StreamARN=os.environ["PREDICTION_SINK_TARGET"], Records=call)
        if answer["FailedRecordCount"]:
            raise RuntimeError("expected every record to be acknowledged")
