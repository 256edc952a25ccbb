"""The payload in the on-failure object of a Kinesis mapping.

LocalStack 2026.3.0: writes `payload` as a JSON object.
AWS: documents the whole event as an escaped JSON string; who parses it fails on an object, or in reverse.
Here: the object that goes to S3 has it as a string.
"""

import json
from typing import Any

from localstack.services.lambda_.event_source_mapping.pipe_utils import get_current_time
from localstack.services.lambda_.event_source_mapping.pollers import stream_poller

from millrace_localstack.plugin import on_failure


def apply() -> None:
    original = stream_poller.StreamPoller.send_events_to_dlq

    def send_events_to_dlq(self: Any, shard_id: str, events: list[dict[str, Any]], context: dict[str, Any]) -> None:
        destination = (self.stream_parameters.get("DeadLetterConfig") or {}).get("Arn") or ""
        if ":s3:::" in destination:
            _write(self, destination, shard_id, events, context)
        else:
            original(self, shard_id, events, context)

    stream_poller.StreamPoller.send_events_to_dlq = send_events_to_dlq


def _write(poller: Any, bucket_arn: str, shard_id: str, events: list[dict[str, Any]], context: dict[str, Any]) -> None:
    now = get_current_time()
    record = poller.create_dlq_event(shard_id, events, context, now)
    record["payload"] = json.dumps({"Records": events})
    key = stream_poller.get_failure_s3_object_key(poller.esm_uuid, shard_id, now)
    on_failure.write(poller.processor.sender.target_arn, poller.invoke_identity_arn, bucket_arn, key, record)
