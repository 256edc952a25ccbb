"""How a mapping reads the stream of a DynamoDB table.

LocalStack 2026.3.0, on moto: a mapping that is updated starts over, or skips; a batch whose delivery raises is lost; no
record is ever too old; a bucket as on-failure destination is an error; each read of the stream leaves an iterator in
memory, twenty a second; a removed item has an empty new image.
AWS: mappings continue where they stopped; records are as old as their creation, and discarded batches go to the bucket;
of a removed item there is no new image.
Here: as on AWS. A mapping reads moto's shard directly, and keeps its position.
"""

import copy
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localstack.services.lambda_.event_source_mapping import esm_worker_factory
from localstack.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from localstack.services.lambda_.event_source_mapping.pollers.poller import EmptyPollResultsException
from localstack.services.lambda_.event_source_mapping.senders.sender_utils import batched

from millrace_localstack.plugin.patches import iam


@dataclass
class StreamPosition:
    """How far a mapping is in its stream. It outlives the poller, which every update of the mapping replaces."""

    lock: threading.RLock = field(default_factory=threading.RLock)  # one poller at a time
    next: int | None = None  # the first sequence number that was neither delivered nor discarded


POSITIONS: defaultdict[str, StreamPosition] = defaultdict(StreamPosition)


def apply() -> None:
    get_worker = esm_worker_factory.EsmWorkerFactory.get_esm_worker

    def get_esm_worker(self: Any) -> Any:
        worker = get_worker(self)
        worker.poller.worker = worker
        if isinstance(worker.poller, DynamoDBPoller):
            worker.poller.invoke_identity_arn = self.function_role_arn
        return worker

    esm_worker_factory.EsmWorkerFactory.get_esm_worker = get_esm_worker
    DynamoDBPoller.poll_events = _poll
    DynamoDBPoller.transform_into_events = lambda _self, records, _shard_id: [_event(record) for record in records]
    DynamoDBPoller.get_approximate_arrival_time = lambda _self, event: event["dynamodb"]["ApproximateCreationDateTime"]


def _poll(poller: Any) -> None:
    if iam.applied():
        from millrace_localstack.plugin.iam import mappings

        mappings.check_read(poller)
    position = POSITIONS[poller.esm_uuid]
    with position.lock:
        if not poller.worker._shutdown_event.is_set():  # else replaced while it waited
            _read(poller, _shard(poller), position)


def _read(poller: Any, shard: Any, position: StreamPosition) -> None:
    if position.next is None:
        latest = str(poller.stream_parameters["StartingPosition"]) == "LATEST"
        position.next = shard.starting_sequence_number + (len(shard.items) if latest else 0)
    batcher = poller.shard_batcher[shard.id]
    # What waits for the window to end was read, and is not done.
    read = position.next + getattr(poller, "waiting", 0)
    records = shard.get(read, poller.stream_parameters["BatchSize"])
    poller.waiting = read + len(records) - position.next
    if not batcher.add(records):
        return
    poller.waiting = 0
    for batch in batched(batcher.flush(), poller.stream_parameters["BatchSize"]):
        poller.forward_events_to_target(shard.id, batch)
        if poller._is_shutdown.is_set():
            return
        position.next += len(batch)


def _shard(poller: Any) -> Any:
    from moto.dynamodb.models import dynamodb_backends

    # arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>
    _, _, _, region, account, resource = poller.source_arn.split(":", 5)
    _, table_name, _, label = resource.split("/", 3)
    table = dynamodb_backends[account][region].tables.get(table_name)
    if table is None or table.stream_shard is None or table.latest_stream_label != label:
        raise EmptyPollResultsException(service=poller.event_source(), source_arn=poller.source_arn)
    return table.stream_shard


def _event(record: dict[str, Any]) -> dict[str, Any]:
    """As Lambda sends it. Images that moto leaves empty are absent on AWS."""
    change = {name: value for name, value in copy.deepcopy(record["dynamodb"]).items() if value != {}}
    created = datetime.fromisoformat(change["ApproximateCreationDateTime"]).replace(tzinfo=UTC)
    change["ApproximateCreationDateTime"] = round(created.timestamp(), 3)
    return {"eventID": record["eventID"], "eventName": record["eventName"], "dynamodb": change}
