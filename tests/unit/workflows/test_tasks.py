"""The steps of an item workflow on AWS in memory, in the order of the state machine."""

import json
from typing import Any

import pytest

from batches.errors import BatchRefused
from model_store.artifact import Artifact
from tests.fakes import artifacts
from tests.fakes.batches import BUCKET, INPUT, FakeBatch
from tests.fakes.envelopes import event
from tests.fakes.workflows import FakeWorkflow
from workflows.errors import ItemMissing
from workflows.run import A, B, place_of


@pytest.fixture
def workflow(s3: Any, artifact: Artifact) -> FakeWorkflow:
    batch = FakeBatch(s3, artifact)
    model = artifacts.with_base_score(artifacts.booster("binary"), 0.999)
    batch.store.publish(Artifact(artifacts.manifest("binary", model, version="2"), model))
    for number in range(24):
        batch.put(f"in/{number:02}.json", [json.dumps(event(number))])
    return FakeWorkflow(batch)


def test_items_are_scored_by_two_versions_and_compared(workflow: FakeWorkflow) -> None:
    comparison = workflow.run(versions={"a": "1", "b": "2"}, share=0.4)
    places = [place_of(f"in/{number:02}.json", 0.4) for number in range(24)]
    assert comparison["counts"] == {"predicted": 24, "missing": 0, "oversized": 0, "corrupt": 0, "failed": 0}
    assert {place: comparison["versions"][place]["predicted"] for place in "ab"} == {
        "a": places.count(A), "b": places.count(B)
    }  # fmt: skip
    assert places.count(B) > 3
    assert comparison["version"] == {"a": "1", "b": "2"}
    assert comparison["versions"]["b"]["mean_score"] > comparison["versions"]["a"]["mean_score"]
    assert comparison["difference"]["by_chance"] is False


def test_an_item_is_scored_as_a_batch_of_objects_scores_it(workflow: FakeWorkflow) -> None:
    workflow.run(share=0)
    workflow.batch.run({"run": "r1", "bucket": INPUT, "prefix": "in/", "format": "objects"})
    scored = {line["prediction_id"]: line["score"] for line in workflow.batch.lines("r1", "predictions/")}
    listed = workflow.batch.s3.list_objects_v2(Bucket=BUCKET, Prefix="workflows/w1/outcomes/")["Contents"]
    stored = [json.loads(workflow.batch.body(entry["Key"]))["prediction"] for entry in listed]
    assert {one["prediction_id"]: one["score"] for one in stored} == scored


def test_a_corrupt_an_oversized_and_a_missing_item_are_named_and_the_others_scored(workflow: FakeWorkflow) -> None:
    workflow.batch.put("in/corrupt.json", ["{"])
    workflow.batch.put("in/large.json", [json.dumps(event(0) | {"more": "x" * 3000})])
    keys = [f"in/{number:02}.json" for number in range(24)] + ["in/corrupt.json", "in/large.json", "in/none.json"]
    comparison = workflow.run(keys=keys, share=0.5, max_bytes=2000)
    assert comparison["counts"] == {"predicted": 24, "missing": 1, "oversized": 1, "corrupt": 1, "failed": 0}
    found = {one["key"]: (one["outcome"], one["error"].partition(":")[0]) for one in comparison["not_predicted"]}
    assert found == {
        "in/corrupt.json": ("corrupt", "ItemUnreadable"),
        "in/large.json": ("oversized", "ItemTooLarge"),
        "in/none.json": ("missing", "ItemMissing"),
    }


def test_the_items_of_a_version_that_fails_are_scored_by_the_other(workflow: FakeWorkflow) -> None:
    manifest, _ = workflow.batch.store.manifest("2")
    key = f"models/{manifest.name}/2/{manifest.file.name}"
    workflow.batch.s3.put_object(Bucket="models", Key=key, Body=b"damaged")
    comparison = workflow.run(versions={"a": "1", "b": "2"}, share=0.5)
    expected = [place_of(f"in/{number:02}.json", 0.5) for number in range(24)].count(B)
    assert comparison["fallbacks"] == expected > 3
    assert comparison["versions"]["b"]["predicted"] == 0
    assert comparison["counts"]["predicted"] == 24
    assert comparison["difference"] is None


def test_an_item_that_was_replaced_after_the_split_is_missing(workflow: FakeWorkflow) -> None:
    done = workflow.task("split", execution="w1", input={"bucket": INPUT, "prefix": "in/"})
    item = json.loads(workflow.batch.body(done["items"]["key"]).splitlines()[0])
    workflow.batch.s3.delete_object(Bucket=INPUT, Key=item["key"], VersionId=item["version"])
    with pytest.raises(ItemMissing, match=r"in/00\.json"):
        workflow.task("preprocess", run="w1", item=item)


def test_an_item_whose_outcome_was_not_stored_has_failed(workflow: FakeWorkflow) -> None:
    workflow.task("split", execution="w1", input={"bucket": INPUT, "prefix": "in/"})
    assert workflow.task("compare", run="w1")["counts"]["failed"] == 24


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"prefix": "none/"}, "expected 1 to 10,000 objects, got 0"),
        ({"prefix": None}, "prefix: expected a string"),
        ({"keys": "in/00.json"}, "keys: expected a list"),
        ({"versions": {"c": "1"}}, "versions: expected an object with a and b"),
        ({"share": 2}, r"run\.share: expected a number from 0 to 1"),
        ({"max_bytes": 0}, r"run\.max_bytes: expected 1 to"),
        ({"bucket": 1}, r"run\.bucket"),
    ],
)
def test_what_cannot_be_split_is_refused(workflow: FakeWorkflow, changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(BatchRefused, match=expected):
        workflow.task("split", execution="w1", input={"bucket": INPUT, "prefix": "in/", **changed})


def test_places_are_divided_by_share() -> None:
    keys = [f"images/{number}.jpg" for number in range(4000)]
    assert {place_of(key, 0.0) for key in keys} == {A}
    assert {place_of(key, 1.0) for key in keys} == {B}
    assert 0.17 < [place_of(key, 0.2) for key in keys].count(B) / len(keys) < 0.23
