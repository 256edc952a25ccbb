"""The handler of many a first version: each record by itself, from JSON to the sink."""

import base64
import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers import common


def make(names: list[str]) -> Callable[[Any, Any], Any]:
    booster, kinesis = common.load(), common.client()

    def handle(event: Any, context: Any) -> Any:
        for record in event["Records"]:
            payload = json.loads(base64.b64decode(record["kinesis"]["data"]))
            features = payload["features"]
            row = np.array([[features[name] for name in names]], dtype=np.float32)
            score = float(booster.inplace_predict(row)[0])
            kinesis.put_record(
                StreamARN=os.environ["PREDICTION_SINK_TARGET"],
                Data=json.dumps({"event_id": payload["event_id"], "score": score}),
                PartitionKey=record["kinesis"]["partitionKey"],
            )

    return handle
