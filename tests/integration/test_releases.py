"""Releases change while events flow: swapped, rolled back, split, shadowed, refused, and raced for."""

import base64
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from datetime import datetime
from itertools import count, islice, pairwise
from typing import Any

import pytest

from millrace.accounting.prediction import Prediction
from millrace.model.operator import operator
from millrace.model.releases import Releases, history
from millrace_localstack.launcher import LocalStack
from model_store import operations
from model_store.artifact import Artifact
from model_store.errors import ReleaseConflict
from model_store.release import Pointer, Release
from model_store.store import ModelStore
from model_store.stored_release import StoredRelease
from stream_producers.receipts import Receipt
from stream_producers.synthetic import Sessions
from tests import scale
from tests.integration.conftest import train_version
from tests.integration.function_log import FunctionLog
from tests.integration.harness import Harness, function_processes, kill, send_while, wait_for
from tests.integration.proxy import FaultProxy, Request

OpenStack = Callable[[str], Harness]

LOADED, SCORED = 10, 5  # releases that containers load, and batches that each version scores, at least
RACES = 50
POLL_SECONDS = 1.0  # scorer.release_poll_seconds of the stacks
# In one batch a poll is sent, in the next one its answer is there, after which the release is loaded; and one for a
# container that had no connection to the store.
BATCHES_TO_LOAD = 4
LATER_EVENTS = 500  # of several batches
PROBES, ROUNDS = 40, 3


class Batches:
    """The champion's versions in each batch that is published: its predictions have one shard and one `scored_at`."""

    def __init__(self) -> None:
        self.champions: dict[tuple[str, str], set[str]] = defaultdict(set)

    def watch(self, request: Request) -> None:
        """Look at a call of the scorer's on its way, and let it pass."""
        if request.operation == "PutRecords":
            for record in json.loads(request.body)["Records"]:
                prediction = json.loads(base64.b64decode(record["Data"]))
                if prediction["model"]["variant"] == "champion" and "shard" in prediction["source"]:
                    batch = (prediction["source"]["shard"], prediction["scored_at"])
                    self.champions[batch].add(prediction["model"]["version"])

    def longest_pause(self, since: float) -> float:
        """Seconds between the beginnings of two batches of a shard, the first of which is not before `since`."""
        begun = defaultdict(list)
        for shard, scored_at in sorted(self.champions.copy()):
            if (at := datetime.fromisoformat(scored_at).timestamp()) >= since:
                begun[shard].append(at)
        return max((after - before for times in begun.values() for before, after in pairwise(times)), default=0.0)

    def scored_by(self, version: str) -> int:
        """How many batches this version scored alone."""
        return sum(versions == {version} for versions in list(self.champions.values()))


@pytest.fixture
def queued(harness: OpenStack) -> Harness:
    return harness("queued")


@pytest.fixture
def store(queued: Harness) -> ModelStore:
    return queued.stack.model_store()


@pytest.fixture
def releases(queued: Harness, store: ModelStore) -> Releases:
    return Releases(store, operator(queued.stack))


@pytest.fixture
def log(localstack: LocalStack, queued: Harness) -> FunctionLog:
    return FunctionLog(localstack, queued)


@pytest.fixture(scope="session")
def second() -> Artifact:
    return train_version("v2", rounds=20)


@pytest.fixture
def pointers(queued: Harness, store: ModelStore, second: Artifact) -> tuple[Pointer, Pointer]:
    """The champion v1, and v2 that is in the store without a role."""
    return _stored(store).release.champion, store.publish(second)


def _stored(store: ModelStore) -> StoredRelease:
    stored = store.release()
    assert stored is not None
    return stored


@pytest.mark.long
def test_many_swaps_in_a_row_under_load(
    queued: Harness, store: ModelStore, pointers: Sequence[Pointer], proxy: FaultProxy, log: FunctionLog
) -> None:
    batches = Batches()

    def swap() -> int:
        """Swap often enough, and until enough batches saw enough of the releases; returns how often."""
        for number in count():
            if number >= scale.RELEASE_SWAPS and number % 50 == 0 and seen():
                return number
            stored = _stored(store)
            release = operations.publish(stored.release, pointers[1 - number % 2])
            store.put_release(replace(release, updated_at=f"swap {number}"), replacing=stored)
        raise AssertionError

    def seen() -> bool:
        loaded = log.text().count("release loaded")
        return loaded >= LOADED and min(batches.scored_by("v1"), batches.scored_by("v2")) >= SCORED

    with proxy.fault(batches.watch), ThreadPoolExecutor(1) as pool:
        swapping = pool.submit(swap)
        send_while(queued, lambda: not swapping.done(), Sessions(401).events())
        swaps = swapping.result()
        account = queued.settle()

    assert log.failures() == []
    assert account.predictions == len(queued.receipts)
    mixed = {batch: versions for batch, versions in batches.champions.items() if len(versions) != 1}
    assert mixed == {}
    assert seen()
    written = [former.release for former in islice(store.former_releases(), 20)]
    assert [release and release.updated_at for release in written] == [f"swap {swaps - 1 - i}" for i in range(20)]


def test_a_rollback_takes_effect_within_one_poll_and_a_few_batches(
    queued: Harness, releases: Releases, pointers: Sequence[Pointer], store: ModelStore, proxy: FaultProxy
) -> None:
    """Whatever arrives later after the rollback is scored by the former champion, in every container."""
    events, batches = Sessions(402).events(), Batches()
    with proxy.fault(batches.watch):
        releases.promote("v2", "try v2")
        send_while(queued, lambda: not any(p.version == "v2" for p in list(queued.predictions.values())), events)

        releases.rollback("v2 was a mistake")
        rolled_back = time.time()

        def after() -> list[Prediction]:
            due = rolled_back + POLL_SECONDS + BATCHES_TO_LOAD * batches.longest_pause(rolled_back)
            return [p for p in list(queued.predictions.values()) if p.arrived_at >= due]

        send_while(queued, lambda: len(after()) <= LATER_EVENTS, events)
        queued.settle()

    assert len(after()) > LATER_EVENTS
    assert {p.version for p in after()} == {"v1"}
    newest, before = history(store, 2)
    assert [(entry.action, entry.why) for entry in (newest, before)] == [
        ("rollback", "v2 was a mistake"),
        ("promote", "try v2"),
    ]
    assert newest.by.startswith("arn:aws:")


def test_a_split_serves_its_share_and_a_shadow_serves_nobody(
    queued: Harness, releases: Releases, pointers: Sequence[Pointer], proxy: FaultProxy, log: FunctionLog
) -> None:
    releases.split("v2", 0.3, "a third of the keys")
    wait_for(lambda: _all_scored_by(queued, {("champion", "v1"), ("challenger", "v2")}))
    receipts = queued.send(islice(Sessions(403).events(), 2_000), queued.stream)
    queued.settle()
    ids = queued.by_id(receipts)
    variants = [(p.variant, p.version) for p in queued.predictions.values() if p.prediction_id in ids]
    assert set(variants) == {("champion", "v1"), ("challenger", "v2")}
    assert 0.25 < variants.count(("challenger", "v2")) / len(variants) < 0.35

    releases.split(None, 0, "enough")
    releases.shadow("v2", "beside v1")
    wait_for(lambda: _taken_up(queued, log, '"shadow":{"version":"v2","scored":'))
    wait_for(lambda: _all_scored_by(queued, {("champion", "v1")}))
    receipts = queued.send(islice(Sessions(404).events(), 1_000), queued.stream)
    queued.settle()
    assert _versions(queued, receipts) == {("champion", "v1")}
    assert log.failures() == []
    releases.shadow(None, "seen enough")


def _all_scored_by(queued: Harness, expected: set[tuple[str, str]]) -> bool:
    """Whether some batches in a row of each shard were scored by these variants and versions, and by all of them."""
    for _ in range(ROUNDS):
        receipts = queued.send(islice(Sessions(409).events(start=len(queued.receipts)), PROBES), queued.stream)
        queued.settle()
        shards = {receipt.position[1] for receipt in receipts}
        found = [_versions(queued, [one for one in receipts if one.position[1] == shard]) for shard in shards]
        if found != [expected] * len(shards):
            return False
    return True


def _taken_up(queued: Harness, log: FunctionLog, words: str) -> bool:
    """Whether the function says so; it looks for another release when it is given something to score."""
    queued.send(islice(Sessions(405).events(start=len(queued.receipts)), 10), queued.stream)
    return words in log.text()


def corrupt(store: ModelStore, s3: Any, artifact: Artifact) -> Pointer:
    """A bit of the model that flipped after it was published and signed."""
    pointer = store.publish(artifact)
    key = f"models/{store.name}/{pointer.version}/{artifact.manifest.file.name}"
    body = bytearray(artifact.model)
    body[len(body) // 2] ^= 1
    return replace(pointer, model_version_id=s3.put_object(Bucket=store.bucket, Key=key, Body=bytes(body))["VersionId"])


def oversized(store: ModelStore, s3: Any, artifact: Artifact) -> Pointer:
    """More bytes than the manifest says."""
    pointer = store.publish(artifact)
    key = f"models/{store.name}/{pointer.version}/{artifact.manifest.file.name}"
    answer = s3.put_object(Bucket=store.bucket, Key=key, Body=artifact.model + bytes(1_000_000))
    return replace(pointer, model_version_id=answer["VersionId"])


def unsigned(store: ModelStore, s3: Any, artifact: Artifact) -> Pointer:
    """Put there by somebody who may write, and not sign."""
    return ModelStore(s3, store.bucket, store.name).publish(artifact)


Spoil = Callable[[ModelStore, Any, Artifact], Pointer]


@pytest.mark.parametrize(
    ("spoil", "check"),
    [(corrupt, "SHA-256"), (oversized, "size"), (unsigned, "signature")],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_bad_release_is_refused_while_predictions_go_on(
    queued: Harness, store: ModelStore, log: FunctionLog, spoil: Spoil, check: str
) -> None:
    good = _stored(store)
    bad = train_version(f"bad-{check}", rounds=10)
    pointer = spoil(store, queued.stack.client("s3"), bad)
    store.put_release(operations.publish(good.release, pointer), replacing=good)
    try:
        wait_for(lambda: _taken_up(queued, log, f"release refused: model artifact refused by the {check} check"))
        receipts = queued.send(islice(Sessions(406).events(), 500), queued.stream)
        # A new container has no last good release: it falls back on the champion before.
        queued.settle()
        containers = function_processes(queued.stack.outputs["scorer"]["function_name"])
        assert containers
        kill(containers)
        wait_for(lambda: _taken_up(queued, log, "fell back to version v1 for all keys"))
        receipts += queued.send(islice(Sessions(407).events(), 500), queued.stream)
        account = queued.settle()
    finally:
        store.put_release(good.release, replacing=_stored(store))

    assert account.predictions == len(queued.receipts)
    assert _versions(queued, receipts) == {("champion", "v1")}


def test_a_release_that_is_no_document_is_refused_while_predictions_go_on(
    queued: Harness, store: ModelStore, log: FunctionLog
) -> None:
    good, s3, key = _stored(store), queued.stack.client("s3"), f"models/{store.name}/release.json"
    wait_for(lambda: _taken_up(queued, log, '"message":"batch scored"'))  # containers that serve
    bodies = {b"{": "release: expected a JSON object", b" " * 100_000: "expected at most 65536 bytes"}
    receipts = []
    try:
        for body, words in bodies.items():
            s3.put_object(Bucket=store.bucket, Key=key, Body=body)
            wait_for(lambda words=words: _taken_up(queued, log, words))  # type: ignore[misc]
            receipts += queued.send(islice(Sessions(408).events(), 200), queued.stream)
        account = queued.settle()
    finally:
        s3.put_object(Bucket=store.bucket, Key=key, Body=good.release.to_bytes())

    assert account.predictions == len(queued.receipts)
    assert _versions(queued, receipts) == {("champion", "v1")}


def _versions(queued: Harness, receipts: Sequence[Receipt]) -> set[tuple[str, str]]:
    """Which variant and version scored these events."""
    ids = queued.by_id(receipts)
    return {(p.variant, p.version) for p in queued.predictions.values() if p.prediction_id in ids}


def test_of_two_operators_racing_one_is_told_of_the_conflict(
    queued: Harness, store: ModelStore, pointers: Sequence[Pointer]
) -> None:
    """Both read the same release, and write at the same moment, again and again."""
    stores = [queued.stack.model_store() for _ in range(2)]
    for number in range(RACES):
        seen = _stored(store)
        shadow = operations.shadow(seen.release, None if seen.release.shadow else pointers[1])
        told = _race(stores, [replace(shadow, updated_at=f"{number}, {who}") for who in ("one", "other")], seen)
        assert told.count("conflict") == 1, told
        assert _stored(store).release.updated_at in told


def _race(stores: Sequence[ModelStore], releases: Sequence[Release], seen: StoredRelease) -> list[str]:
    """Write the releases at the same moment; what each writer is told: its own `updated_at`, or of a conflict."""
    start = threading.Barrier(len(stores))

    def write(store: ModelStore, release: Release) -> str:
        start.wait()
        try:
            store.put_release(release, replacing=seen)
        except ReleaseConflict:
            return "conflict"
        return release.updated_at

    with ThreadPoolExecutor(len(stores)) as pool:
        return list(pool.map(write, stores, releases))
