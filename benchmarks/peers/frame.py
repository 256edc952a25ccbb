"""A handler that makes a data frame of the batch and predicts it in one call."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import xgboost as xgb

from benchmarks.peers import common


def make(names: list[str]) -> Callable[[Any, Any], Any]:
    booster, kinesis = common.load(), common.client()

    def handle(event: Any, context: Any) -> Any:
        records = [record["kinesis"] for record in event["Records"]]
        payloads = [json.loads(base64.b64decode(record["data"])) for record in records]
        frame = pd.DataFrame.from_records([payload["features"] for payload in payloads], columns=names)
        scores = booster.predict(xgb.DMatrix(frame, nthread=1)).tolist()
        entries = [
            {
                "Data": json.dumps({"event_id": payload["event_id"], "score": score}),
                "PartitionKey": record["partitionKey"],
            }
            for record, payload, score in zip(records, payloads, scores, strict=True)
        ]
        common.put_records(kinesis, entries)

    return handle
