"""A handler as the documentation of Powertools for AWS Lambda has it, with all predictions sent at the end."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from benchmarks.peers import common


def make(names: list[str]) -> Callable[[Any, Any], Any]:
    booster, kinesis = common.load(), common.client()
    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)

    def score(record: KinesisStreamRecord) -> dict[str, Any]:
        payload = record.kinesis.data_as_json()
        features = payload["features"]
        row = np.array([[features[name] for name in names]], dtype=np.float32)
        body = {"event_id": payload["event_id"], "score": float(booster.inplace_predict(row)[0])}
        return {"Data": json.dumps(body), "PartitionKey": record.kinesis.partition_key}

    def handle(event: Any, context: Any) -> Any:
        with processor(records=event["Records"], handler=score, lambda_context=context):
            processed = processor.process()
        common.put_records(kinesis, [entry for status, entry, _ in processed if status == "success"])
        return processor.response()

    return handle
