"""Firehose and EventBridge: a result for each entry, in order, and the number of those that failed."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...world import World
from ..errors import client_error
from ..streams import KIB, MIB, OnCommitted
from .http import HttpAnswer, HttpRequest
from .services import JsonService


class CountedService(JsonService):
    """Commits the entries that do not fail into `on_committed`.

    Contradictory: entries fail, and the count is 0, or they have neither id nor error; or none fails, and the count
    says otherwise, or a result is missing.
    """

    members = ("", "", "")  # of the entries in a request, of the results, and with the number of failures
    identifier = ""  # of a result
    max_entries = 500

    def __init__(self, world: World, on_committed: OnCommitted) -> None:
        super().__init__(world)
        self._on_committed = on_committed

    def _check(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Raises ClientError where the service would refuse the request."""
        raise NotImplementedError

    def _body(self, entry: Mapping[str, Any]) -> bytes:
        raise NotImplementedError

    def _act(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        in_request, in_answer, count = self.members
        entries = json.loads(request.body)[in_request]
        if not 1 <= len(entries) <= self.max_entries:
            raise client_error(self.name, "ValidationException", 400, f"1 to {self.max_entries}: got {len(entries)}")
        self._check(entries)
        random = self.world.random
        failing = contradictory and random.random() < 0.5
        if failing:
            failed = [i for i in range(len(entries)) if random.random() < 0.3]
        else:
            failed = self.faults.failed_entries(random, len(entries))
        results = [self._result(entry, failed=i in failed) for i, entry in enumerate(entries)]
        answer: dict[str, Any] = {in_answer: results, count: len(failed)}
        self.counts["entries_failed"] += len(failed)
        if failing:
            answer[count] = 0
            if random.random() < 0.5:
                answer[in_answer] = [{} if "ErrorCode" in result else result for result in results]
        elif contradictory and random.random() < 0.5:
            answer[count] += 1
        elif contradictory:
            results.pop()
        return self._json(answer), failing or not contradictory

    def _result(self, entry: Mapping[str, Any], *, failed: bool) -> dict[str, str]:
        if failed:
            return {"ErrorCode": "InternalFailure", "ErrorMessage": "simulated"}
        self._on_committed(self.world.now, "", self._body(entry))
        return {self.identifier: self.world.uuid()}


class FirehoseService(CountedService):
    """PutRecordBatch. Each record must be a line.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
    """

    name = service = "firehose"
    members = ("Records", "RequestResponses", "FailedPutCount")
    identifier = "RecordId"

    def _check(self, entries: Sequence[Mapping[str, Any]]) -> None:
        sizes = [len(base64.b64decode(entry["Data"], validate=True)) for entry in entries]
        # The limit of a call is taken to be that of the request.
        if max(sizes) > 1000 * KIB or sum(len(entry["Data"]) for entry in entries) > 4 * MIB:
            raise client_error(self.name, "ValidationException", 400, f"records of {sizes} bytes")

    def _body(self, entry: Mapping[str, Any]) -> bytes:
        line = base64.b64decode(entry["Data"])
        if not line.endswith(b"\n") or b"\n" in line[:-1]:
            raise client_error(self.name, "InvalidArgumentException", 400, "a record that is no line")
        return line[:-1]


class EventsService(CountedService):
    """PutEvents. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""

    name = service = "events"
    members = ("Entries", "Entries", "FailedEntryCount")
    identifier = "EventId"
    max_entries = 10

    def _check(self, entries: Sequence[Mapping[str, Any]]) -> None:
        size = sum(len(entry[name].encode()) for entry in entries for name in ("Source", "DetailType", "Detail"))
        if size > 256 * KIB:
            raise client_error(self.name, "ValidationException", 400, f"Total size of the entries: {size} bytes")

    def _body(self, entry: Mapping[str, Any]) -> bytes:
        return str(entry["Detail"]).encode()


class DynamoDbService(JsonService):
    """PutItem on the condition that there is no item of that `key`; each that is written goes into `on_item`.

    Contradictory: the item is written, and the answer lacks what it consumed.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
    """

    name = service = "dynamodb"
    content_type = "application/x-amz-json-1.0"

    def __init__(self, world: World, key: str, on_item: Callable[[Mapping[str, Any]], Any]) -> None:
        super().__init__(world)
        self._key, self._on_item = key, on_item
        self._items: set[str] = set()

    def _refused_request(self, code: str) -> None:
        if code != "ConditionalCheckFailedException":  # of a copy, which is no mistake
            super()._refused_request(code)

    def _act(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        asked = json.loads(request.body)
        item, condition = asked["Item"], asked.get("ConditionExpression")
        size = sum(len(name.encode()) + len(str(next(iter(value.values()))).encode()) for name, value in item.items())
        if size > 400 * KIB or condition != f"attribute_not_exists({self._key})":
            raise client_error("PutItem", "ValidationException", 400, f"an item of {size} bytes, on {condition}")
        if self.faults.failed_entries(self.world.random, 1):
            self.counts["entries_failed"] += 1
            return self.error("ProvisionedThroughputExceededException", 400), True
        key = next(iter(item[self._key].values()))
        if key in self._items:
            raise client_error("PutItem", "ConditionalCheckFailedException", 400, "The conditional request failed")
        self._items.add(key)
        self._on_item(item)
        consumed = {"ConsumedCapacity": {"TableName": asked["TableName"], "CapacityUnits": float(-(-size // KIB))}}
        return self._json({} if contradictory else consumed), not contradictory
