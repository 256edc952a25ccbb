"""examples/consumer: each prediction once, over restarts, crashes and resharding."""

import importlib.util
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millrace.paths import ROOT
from records import kpl
from tests.fakes.stack import prediction_document

Client = Callable[[str], Any]
FOLDER = ROOT / "examples" / "consumer"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("consumer_example", FOLDER / "consumer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


consumer = load()


class FakeKinesis:
    """Shards by name: the records, whether it was closed, and its parents. Sequence numbers are places, from 1."""

    def __init__(self) -> None:
        self.shards: dict[str, dict[str, Any]] = {}
        self.errors: list[str] = []
        self.read: list[str] = []

    def shard(self, name: str, *ids: str, closed: bool = False, parents: tuple[str, ...] = ()) -> None:
        self.shards[name] = {"records": [prediction_document(one) for one in ids], "closed": closed, "parents": parents}

    def list_shards(self, *, StreamName: str = "", NextToken: str = "") -> dict[str, Any]:  # noqa: N803
        names = list(self.shards)
        name = NextToken or names[0]
        at = names.index(name)
        parents = dict(zip(("ParentShardId", "AdjacentParentShardId"), self.shards[name]["parents"], strict=False))
        page = {"Shards": [{"ShardId": name, **parents}]}
        return page | ({"NextToken": names[at + 1]} if at + 1 < len(names) else {})

    def get_shard_iterator(self, *, ShardId: str, StartingSequenceNumber: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"ShardIterator": f"{ShardId} {StartingSequenceNumber}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        if self.errors:
            raise ClientError({"Error": {"Code": self.errors.pop()}}, "GetRecords")
        name, _, place = ShardIterator.partition(" ")
        shard, at = self.shards[name], int(place)
        found = [
            {"Data": data, "SequenceNumber": str(number)}
            for number, data in enumerate(shard["records"][at : at + 2], at + 1)
        ]
        self.read += [name] * bool(found)
        end = at + len(found)
        ended = shard["closed"] and end == len(shard["records"])
        return {"Records": found, "MillisBehindLatest": 0} | ({} if ended else {"NextShardIterator": f"{name} {end}"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def kinesis() -> FakeKinesis:
    return FakeKinesis()


def consume(kinesis: Any, path: Path) -> tuple[int, int]:
    """New predictions and duplicates of a run until nothing is left."""
    state = consumer.State(path)
    try:
        one = consumer.Consumer(kinesis, "predictions", state, lambda seconds: False)
        one.run(until_idle=True)
        return one.new, one.duplicates
    finally:
        state.close()


def stored(path: Path) -> list[str]:
    database = sqlite3.connect(path)
    try:
        return [row[0] for row in database.execute("SELECT prediction_id FROM predictions ORDER BY prediction_id")]
    finally:
        database.close()


def test_each_prediction_once(kinesis: FakeKinesis, path: Path) -> None:
    kinesis.shard("s-0", "a", "b", "a")
    kinesis.shard("s-1", "b", "c")

    assert consume(kinesis, path) == (3, 2)
    assert stored(path) == ["a", "b", "c"]


def test_a_restart_continues_after_the_checkpoint(kinesis: FakeKinesis, path: Path) -> None:
    kinesis.shard("s-0", "a", "b", "c")
    assert consume(kinesis, path) == (3, 0)
    kinesis.shards["s-0"]["records"].append(prediction_document("d"))

    assert consume(kinesis, path) == (1, 0)
    assert stored(path) == ["a", "b", "c", "d"]


def test_a_crash_between_predictions_and_checkpoint_loses_and_repeats_nothing(kinesis: FakeKinesis, path: Path) -> None:
    kinesis.shard("s-0", "a", "b")
    state = consumer.State(path)
    with pytest.raises(sqlite3.Error):  # the predictions are written, the checkpoint cannot be
        state.add("s-0", [{"prediction_id": "a"}], object(), closed=False)
    state.close()

    assert stored(path) == []
    assert consume(kinesis, path) == (2, 0)


def test_a_split_and_a_merge_are_read_after_their_parents(kinesis: FakeKinesis, path: Path) -> None:
    kinesis.shard("child-0", "d", parents=("parent",))
    kinesis.shard("child-1", "e", closed=True, parents=("parent",))
    kinesis.shard("merged", "f", parents=("child-1", "gone"))
    kinesis.shard("parent", "a", "b", "c", closed=True)

    assert consume(kinesis, path) == (6, 0)
    assert kinesis.read == ["parent", "parent", "child-0", "child-1", "merged"]
    assert consume(kinesis, path) == (0, 0), "a shard that was read to its end is not read again"


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "ProvisionedThroughputExceededException"])
def test_a_call_that_may_be_made_again(kinesis: FakeKinesis, path: Path, code: str) -> None:
    kinesis.shard("s-0", "a")
    kinesis.errors = [code]
    assert consume(kinesis, path) == (1, 0)


def test_another_error_ends_it(kinesis: FakeKinesis, path: Path) -> None:
    kinesis.shard("s-0", "a")
    kinesis.errors = ["AccessDeniedException"]
    with pytest.raises(ClientError):
        consume(kinesis, path)


@pytest.mark.filterwarnings("ignore")
def test_an_aggregated_record_has_many() -> None:
    bodies = [prediction_document(key) for key in "abc"]
    data = kpl.aggregate([(f"key-{n}", body) for n, body in enumerate(bodies)], "0")
    assert [one["prediction_id"] for one in consumer.decoded(data)] == ["a", "b", "c"]


def test_with_boto3_and_the_policy_that_it_needs(aws: Client, path: Path) -> None:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="predictions", ShardCount=2)
    for key in "aab":
        kinesis.put_record(StreamName="predictions", Data=prediction_document(key), PartitionKey=key)
    called: set[str] = set()
    kinesis.meta.events.register("before-call.kinesis", lambda model, **_: called.add(f"kinesis:{model.name}"))

    assert consume(kinesis, path) == (2, 1)

    policy = json.loads((FOLDER / "policy.json").read_text())
    assert called == set(policy["Statement"][0]["Action"])


def test_idle_is_when_nothing_came_for_a_while_and_not_the_first_empty_answer(kinesis: FakeKinesis, path: Path) -> None:
    kinesis.shard("s")
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 3:  # predictions come some seconds after their events
            kinesis.shards["s"]["records"].append(prediction_document("late"))
        return False

    state = consumer.State(path)
    one = consumer.Consumer(kinesis, "predictions", state, wait)
    one.run(until_idle=True)
    state.close()
    assert (one.new, sum(waits)) == (1, 3 + consumer.IDLE_SECONDS)
