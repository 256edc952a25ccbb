"""How a Kinesis mapping reads its stream.

LocalStack 2026.3.0: reads all shards one after another, so that a batch that is retried holds up every shard; continues
from the starting position when a mapping is updated (TRIM_HORIZON reads everything again, LATEST loses what came in
between), and does so for all shards when one of them is closed; loses a batch when its delivery raises.
AWS: shards are read side by side, each from where it stopped; a split shard's children are read once it is at its end.
Here: each shard is read by a thread of its own, and each mapping keeps a cursor for every shard.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localstack.services.lambda_.event_source_mapping import esm_worker_factory
from localstack.services.lambda_.event_source_mapping.esm_event_processor import EsmEventProcessor
from localstack.services.lambda_.event_source_mapping.event_processor import PipeInternalError
from localstack.services.lambda_.event_source_mapping.pollers.kinesis_poller import KinesisPoller
from localstack.services.lambda_.event_source_mapping.pollers.poller import EmptyPollResultsException
from localstack.services.lambda_.event_source_mapping.senders.sender_utils import batched

LOG = logging.getLogger(__name__)

MAXIMUM_SHARDS = 64
AFTER_ERROR_SECONDS = 1.0
NOT_OPENED = ""  # in a poller's table of iterators: to be opened at the cursor


@dataclass
class Cursor:
    """How far a mapping is in a shard. It outlives the poller, which every update of the mapping replaces."""

    lock: threading.RLock = field(default_factory=threading.RLock)  # one poller at a time
    start: dict[str, Any] = field(default_factory=dict)  # how GetShardIterator gets to where the mapping began
    done: int = 0  # the last sequence number that was delivered or discarded
    at_end: bool = False  # of a closed shard


# Mapping id → shard id → cursor.
CURSORS: defaultdict[str, dict[str, Cursor]] = defaultdict(dict)


def apply() -> None:
    get_worker = esm_worker_factory.EsmWorkerFactory.get_esm_worker
    process = EsmEventProcessor.process_events_batch
    give_up = KinesisPoller.send_events_to_dlq

    def get_esm_worker(self: Any) -> Any:
        worker = get_worker(self)
        worker.poller.worker = worker
        worker.poller.jobs = {}
        worker.poller.threads = ThreadPoolExecutor(MAXIMUM_SHARDS, thread_name_prefix="shard")
        worker.poller.processor.mapping = worker.uuid
        return worker

    def process_events_batch(self: Any, events: Any) -> None:
        process(self, events)
        if isinstance(events, list) and "kinesis" in events[-1]:
            _done(self.mapping, events)

    def send_events_to_dlq(self: Any, shard_id: str, events: list[dict[str, Any]], context: Any) -> None:
        give_up(self, shard_id, events, context)
        _done(self.esm_uuid, events)

    def close(self: Any) -> None:
        self._is_shutdown.set()
        self.threads.shutdown(wait=False, cancel_futures=True)

    esm_worker_factory.EsmWorkerFactory.get_esm_worker = get_esm_worker
    EsmEventProcessor.process_events_batch = process_events_batch
    KinesisPoller.send_events_to_dlq = send_events_to_dlq
    KinesisPoller.initialize_shards = _unfinished_shards
    KinesisPoller.poll_events = _poll
    KinesisPoller.close = close


def _done(mapping: str, events: list[dict[str, Any]]) -> None:
    shard_id = events[-1]["eventID"].split(":")[0]
    cursor = CURSORS[mapping][shard_id]
    cursor.done = max(cursor.done, int(events[-1]["kinesis"]["sequenceNumber"]))


def _unfinished_shards(poller: Any) -> dict[str, str]:
    """The shards to be read. A shard that is new to a mapping that already reads is read from its start."""
    cursors = CURSORS[poller.esm_uuid]
    first_time = not cursors
    shards = {shard["ShardId"]: shard for shard in _shards(poller)}
    for shard_id in shards:
        if shard_id not in cursors:
            cursors[shard_id] = Cursor(start=_start(poller, first_time))

    def waits(shard: dict[str, Any]) -> bool:
        """A child waits for its parents, so that each key's records keep their order."""
        parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
        return any(parent in shards and not cursors[parent].at_end for parent in parents)

    return {
        shard_id: NOT_OPENED for shard_id, shard in shards.items() if not cursors[shard_id].at_end and not waits(shard)
    }


def _shards(poller: Any) -> Iterator[dict[str, Any]]:
    """All pages. LocalStack's client of a mapping has no paginators."""
    page = poller.source_client.list_shards(StreamARN=poller.source_arn)
    yield from page["Shards"]
    while token := page.get("NextToken"):
        page = poller.source_client.list_shards(NextToken=token)
        yield from page["Shards"]


def _start(poller: Any, first_time: bool) -> dict[str, Any]:
    position = str(poller.stream_parameters["StartingPosition"]) if first_time else "TRIM_HORIZON"
    if position == "AT_TIMESTAMP":
        return {"ShardIteratorType": position, "Timestamp": poller.worker.esm_config["StartingPositionTimestamp"]}
    return {"ShardIteratorType": position}


def _poll(poller: Any) -> None:
    """LocalStack calls this at every interval: have each shard read that is not being read."""
    if not poller.shards:
        poller.shards = poller.initialize_shards()
    if not poller.shards:
        raise EmptyPollResultsException(service=poller.event_source(), source_arn=poller.source_arn)
    for shard_id in list(poller.shards):
        job: Future[None] | None = poller.jobs.get(shard_id)
        if job is None or job.done():
            poller.jobs[shard_id] = poller.threads.submit(_read, poller, shard_id)


def _read(poller: Any, shard_id: str) -> None:
    cursor = CURSORS[poller.esm_uuid][shard_id]
    with cursor.lock:
        # The poller that this one replaced may only just have finished, or this one has been replaced meanwhile.
        if poller.worker._shutdown_event.is_set():
            return
        try:
            _read_batches(poller, shard_id, cursor)
        except PipeInternalError:
            pass  # GetRecords failed: LocalStack has logged it, the next poll tries again
        except Exception as error:
            LOG.warning("%s of %s is read again from the last batch: %r", shard_id, poller.source_arn, error)
            poller.shards[shard_id] = NOT_OPENED
            poller._is_shutdown.wait(AFTER_ERROR_SECONDS)


def _read_batches(poller: Any, shard_id: str, cursor: Cursor) -> None:
    iterator = poller.shards.get(shard_id) or _open(poller, shard_id, cursor)
    response = poller.get_records(iterator)
    following = response.get("NextShardIterator")
    poller.shards[shard_id] = following or iterator
    batcher = poller.shard_batcher[shard_id]
    if batcher.add(response["Records"]) or not following:
        for batch in batched(batcher.flush(), poller.stream_parameters["BatchSize"]):
            poller.forward_events_to_target(shard_id, batch)
            if poller._is_shutdown.is_set():
                return
    if not following:
        cursor.at_end = True
        poller.shards.pop(shard_id, None)
        for child in _unfinished_shards(poller):
            poller.shards.setdefault(child, NOT_OPENED)


def _open(poller: Any, shard_id: str, cursor: Cursor) -> str:
    poller.shard_batcher.pop(shard_id, None)  # those records are read again
    where = cursor.start
    if cursor.done:
        where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": str(cursor.done)}
    elif where["ShardIteratorType"] == "LATEST":  # once only: what comes from now on must not be skipped later
        cursor.start = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": datetime.now(UTC)}
    response = poller.source_client.get_shard_iterator(StreamARN=poller.source_arn, ShardId=shard_id, **where)
    return str(response["ShardIterator"])
