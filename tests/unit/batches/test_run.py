"""A whole run on AWS in memory: planned, scored and counted."""

import base64
import gzip
import json
from typing import Any

import pytest

from batches import plan, score
from batches.errors import BatchRefused, CountsDiffer
from batches.item import BatchItem
from model_store.errors import DocumentInvalid
from records.identity import prediction_id
from scoring.engine import NATIVE, PYTHON
from tests.fakes.batches import BUCKET, INPUT, FakeBatch
from tests.fakes.envelopes import MODEL, event, kinesis
from tests.fakes.scorer import FakeScorer


@pytest.fixture
def batch(s3: Any, artifact: Any) -> FakeBatch:
    return FakeBatch(s3, artifact)


@pytest.fixture(autouse=True)
def small_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some items of a few rows each, and slices that end within them."""
    monkeypatch.setattr(plan.Planner.__init__, "__defaults__", (1000, 20_000))
    monkeypatch.setattr(score, "SLICE", 3)


def rows(count: int, first: int = 0) -> list[str]:
    return [json.dumps(event(number)) for number in range(first, first + count)]


def given(**members: Any) -> dict[str, Any]:
    return {"run": "r1", "bucket": INPUT, "prefix": "in/", **members}


@pytest.mark.parametrize("engine", [NATIVE, PYTHON])
def test_predictions_are_in_the_order_of_the_input(s3: Any, artifact: Any, engine: str) -> None:
    batch = FakeBatch(s3, artifact, engine=engine)
    batch.put("in/b.jsonl", rows(25, 40))
    batch.put("in/a.jsonl", rows(40), end=b"")
    batch.put("other.jsonl", rows(1))
    done = batch.run(given())

    assert done == {"run": "r1", "complete": True, "error": "", "counts": done["counts"]}
    expected = {
        "rows": 65,
        "predictions": 65,
        "quarantined": 0,
        "ignored": 0,
        "failed": 0,
        "items_failed": 0,
        "objects": 2,
    }
    assert done["counts"] == expected | {"items": done["counts"]["items"]}
    assert done["counts"]["items"] > 4
    assert [line["event_id"] for line in batch.lines("r1", "predictions/")] == [f"e-{number}" for number in range(65)]


def test_a_row_is_scored_as_the_stream_scores_it(batch: FakeBatch, artifact: Any) -> None:
    scorer = FakeScorer(artifact)
    scorer.run(kinesis(*[event(number) for number in range(5)]))
    batch.put("in/a.jsonl", rows(5))
    batch.run(given())
    assert [line["score"] for line in batch.lines("r1", "predictions/")] == [p["score"] for p in scorer.predictions]


@pytest.mark.parametrize("versioned", [True, False])
def test_the_position_is_the_objects_version_and_row(s3: Any, artifact: Any, versioned: bool) -> None:
    batch = FakeBatch(s3, artifact, versioned=versioned)
    batch.put("in/a|100%.jsonl", rows(3))
    head = s3.head_object(Bucket=INPUT, Key="in/a|100%.jsonl")
    version = head["VersionId"] if versioned else head["ETag"].strip('"')
    batch.run(given())

    for row, line in enumerate(batch.lines("r1", "predictions/")):
        position = f"in/a%7C100%25.jsonl|{version}|{row}"
        assert line["source"]["position"] == position
        assert line["prediction_id"] == prediction_id(MODEL, (f"arn:aws:s3:::{INPUT}", position))


def test_faulty_rows_are_quarantined_with_their_bytes(batch: FakeBatch) -> None:
    bad = [b'{"event_id": "x"', b"\xff\xfe", b'{"event_id": "y", "features": {"pages": "many"}}', b"", b"  "]
    batch.put("in/a.jsonl", [*rows(4), *bad, *rows(4, 4)])
    counts = batch.run(given())["counts"]

    assert (counts["rows"], counts["predictions"], counts["quarantined"], counts["ignored"]) == (13, 8, 3, 2)
    entries = batch.lines("r1", "quarantine/")
    assert [entry["source"]["position"].rsplit("|", 1)[-1] for entry in entries] == ["4", "5", "6"]
    assert {entry["source"]["type"] for entry in entries} == {"batch_item"}


@pytest.mark.parametrize("engine", [NATIVE, PYTHON])
def test_csv_with_a_header_is_read_by_the_names_of_its_columns(s3: Any, artifact: Any, engine: str) -> None:
    batch = FakeBatch(s3, artifact, engine=engine)
    lines = ["referrer,spend,note,pages,returning,device"]
    lines += [f'ads,12.5,"a, b",{3 + number},true,mobile\r' for number in range(30)]
    batch.put("in/a.csv", [*lines, "ads,,x,3,,", "too,few"])
    batch.put("in/b.jsonl", ["pages,spend,returning,device,referrer", "3,12.5,true,mobile,ads"])
    counts = batch.run(given(format="csv"))["counts"]
    assert (counts["rows"], counts["predictions"], counts["quarantined"]) == (33, 32, 1)

    batch.put("json/a", rows(30))
    batch.run(given(run="r2", prefix="json/"))
    scores = [line["score"] for line in batch.lines("r1", "predictions/")]
    assert scores[:30] == [line["score"] for line in batch.lines("r2", "predictions/")]
    digests = {line["model"]["digest"] for run in ("r1", "r2") for line in batch.lines(run, "predictions/")}
    assert len(digests) == 1


def test_a_header_without_a_feature_is_refused(batch: FakeBatch) -> None:
    batch.put("in/a.csv", ["pages,spend", "1,2"])
    with pytest.raises(BatchRefused, match="returning, device, referrer"):
        batch.run(given(format="csv"))


def test_each_object_may_be_one_event(batch: FakeBatch) -> None:
    for number in range(120):
        batch.put(f"in/{number:03}.json", [json.dumps(event(number), indent=1)])
    counts = batch.run(given(format="objects"))["counts"]
    assert (counts["rows"], counts["predictions"], counts["objects"]) == (120, 120, 120)
    assert len(batch.lines("r1", "predictions/")[0]["source"]["position"].split("|")) == 2


def test_a_plan_is_continued_where_it_ended(batch: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two items, which end within objects and between them."""
    for name, first in (("a", 0), ("b", 30), ("c", 60)):
        batch.put(f"in/{name}.jsonl", rows(30, first))
    monkeypatch.setattr(plan.Planner.__init__, "__defaults__", (700, 2))
    done = batch.run(given())
    assert done["complete"]
    assert [line["event_id"] for line in batch.lines("r1", "predictions/")] == [f"e-{number}" for number in range(90)]
    positions = [line["source"]["position"] for line in batch.lines("r1", "predictions/")]
    assert [int(position.rsplit("|", 1)[-1]) for position in positions] == [*range(30)] * 3


def test_failed_items_are_named_and_come_back_by_a_redrive(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(40))
    done = batch.run(given(), failing=[1, 2])
    manifest = batch.manifest("r1")
    assert done["complete"]
    assert manifest["counts"]["items_failed"] == 2
    assert manifest["counts"]["predictions"] + manifest["counts"]["failed"] == 40
    assert manifest["failed_items"][0] == {"part": 1, "first_object": "in/a.jsonl", "error": "Crash: no memory"}

    counts = batch.run({"run": "r1", "redrive": "failed"})["counts"]
    assert (counts["predictions"], counts["failed"], counts["items_failed"]) == (40, 0, 0)
    assert [line["event_id"] for line in batch.lines("r1", "predictions/")] == [f"e-{number}" for number in range(40)]


def test_a_redrive_of_the_quarantine_scores_its_items_again(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", [*rows(20), "{", *rows(20, 20)])
    assert batch.run(given())["counts"]["quarantined"] == 1
    before = batch.lines("r1", "predictions/")
    again = batch.run({"run": "r1", "redrive": "quarantined"})
    assert (again["complete"], again["counts"]["quarantined"], again["counts"]["predictions"]) == (True, 1, 40)
    strip = [{name: value for name, value in line.items() if name != "scored_at"} for line in before]
    after = batch.lines("r1", "predictions/")
    assert [{n: v for n, v in line.items() if n != "scored_at"} for line in after] == strip


def test_an_object_that_is_replaced_meanwhile_is_read_as_it_was_planned(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(5))
    planned = batch.task("plan", input=given(), execution="e", attempt="t")
    batch.put("in/a.jsonl", rows(1))
    (item,) = map(json.loads, batch.body(planned["items"]["key"]).splitlines())
    (counts,) = batch.task("score", BatchInput={"run": "r1"}, Items=[item])["parts"]
    assert counts["predictions"] == 5


def test_without_versions_an_object_that_was_replaced_is_refused(s3: Any, artifact: Any) -> None:
    batch = FakeBatch(s3, artifact, versioned=False)
    batch.put("in/a.jsonl", rows(5))
    planned = batch.task("plan", input=given(), execution="e", attempt="t")
    batch.put("in/a.jsonl", rows(1))
    (item,) = map(json.loads, batch.body(planned["items"]["key"]).splitlines())
    with pytest.raises(BatchRefused, match="start a new run"):
        batch.task("score", BatchInput={"run": "r1"}, Items=[item])


def test_counts_that_do_not_add_up_fail_the_item(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(5))
    planned = batch.task("plan", input=given(), execution="e", attempt="t")
    (item,) = map(json.loads, batch.body(planned["items"]["key"]).splitlines())
    item["spans"][0]["rows"] = 6
    with pytest.raises(CountsDiffer, match="expected 6 rows, got 5"):
        batch.task("score", BatchInput={"run": "r1"}, Items=[item])


def test_counts_of_results_that_do_not_add_up_fail_the_run(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(5))
    batch.run(given())
    counts = {"part": 0, "rows": 5, "predictions": 4, "quarantined": 0, "ignored": 0}
    row = {"Output": json.dumps({"parts": [counts]})}
    key = "runs/r1/results/2026-02/x/SUCCEEDED_0.json"
    batch.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps([row]).encode())
    done = batch.task("finish", input=given(), execution="e", attempt="t")
    assert not done["complete"]
    assert "part 0: expected 5 rows" in done["error"]


def test_a_step_that_failed_fails_the_run_with_its_reason(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(5))
    batch.run(given())
    error = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "The specified threshold was exceeded"}
    done = batch.task("finish", input=given(), execution="e", attempt="t", error=error)
    assert (done["complete"], batch.manifest("r1")["error"]) == (False, done["error"])
    assert done["error"].startswith("States.ExceedToleratedFailureThreshold: ")


def test_a_run_that_was_never_planned_ends_with_its_reason(batch: FakeBatch) -> None:
    error = {"Error": "BatchRefused", "Cause": json.dumps({"errorMessage": "expected objects, found none"})}
    done = batch.task("finish", input=given(), execution="e", attempt="t", error=error)
    assert done == {"run": "r1", "complete": False, "error": "BatchRefused: expected objects, found none", "counts": {}}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"prefix": "none/"}, "expected objects, found none"),
        ({"bucket": None}, "bucket: expected a string"),
        ({"format": "xml"}, "expected one of lines"),
    ],
)
def test_what_cannot_be_scored_is_refused(batch: FakeBatch, changed: dict[str, Any], expected: str) -> None:
    batch.put("in/a.jsonl", rows(1))
    with pytest.raises(BatchRefused, match=expected):
        batch.run(given(**changed))


def test_a_name_is_of_one_run(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(1))
    batch.put("more/a.jsonl", rows(1))
    batch.run(given())
    with pytest.raises(BatchRefused, match="expected a new name"):
        batch.run(given(prefix="more/"))


def test_a_plan_that_is_tried_again_is_the_same(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(40))
    first = batch.task("plan", input=given(), execution="e", attempt="t")
    items = batch.body(first["items"]["key"])
    assert batch.task("plan", input=given(), execution="e", attempt="t") == first
    assert batch.body(first["items"]["key"]) == items
    assert [BatchItem.read(json.loads(line)).part for line in items.splitlines()] == list(
        range(len(items.splitlines()))
    )


def test_gzipped_objects_are_scored_as_what_is_in_them(batch: FakeBatch) -> None:
    """Of several members, as `cat a.gz b.gz` makes them; in pages that end within the object."""
    text = "\n".join(rows(60)).encode()
    batch.s3.put_object(Bucket=INPUT, Key="in/a.jsonl.gz", Body=gzip.compress(text[:5000]) + gzip.compress(text[5000:]))
    batch.put("plain/a.jsonl", rows(60), end=b"")
    counts = batch.run(given())["counts"]
    batch.run(given(run="r2", prefix="plain/"))

    assert (counts["rows"], counts["predictions"], counts["objects"]) == (60, 60, 1)
    packed, plain = (batch.lines(run, "predictions/") for run in ("r1", "r2"))
    assert [line["score"] for line in packed] == [line["score"] for line in plain]
    version = batch.s3.head_object(Bucket=INPUT, Key="in/a.jsonl.gz")["VersionId"]
    assert [line["source"]["position"] for line in packed] == [f"in/a.jsonl.gz|{version}|{row}" for row in range(60)]


def test_a_plan_is_continued_within_a_gzipped_object(batch: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    batch.s3.put_object(Bucket=INPUT, Key="in/a.gz", Body=gzip.compress("\n".join(rows(30)).encode()))
    batch.put("in/b.jsonl", rows(5, 30))
    monkeypatch.setattr(plan.Planner.__init__, "__defaults__", (700, 2))
    assert batch.run(given())["complete"]
    assert [line["event_id"] for line in batch.lines("r1", "predictions/")] == [f"e-{number}" for number in range(35)]


def test_gzipped_csv_has_a_header(batch: FakeBatch) -> None:
    body = gzip.compress(b"pages,spend,returning,device,referrer\n" + b"3,12.5,true,mobile,ads\n" * 40)
    batch.s3.put_object(Bucket=INPUT, Key="in/a.csv.gz", Body=body)
    counts = batch.run(given(format="csv"))["counts"]
    assert (counts["rows"], counts["predictions"]) == (40, 40)


@pytest.mark.parametrize(("body", "found"), [(b"no gzip", "cannot be inflated"), (None, "ends early")])
def test_damaged_gzip_is_refused(batch: FakeBatch, body: bytes | None, found: str) -> None:
    whole = gzip.compress("\n".join(rows(50)).encode())
    batch.s3.put_object(Bucket=INPUT, Key="in/a.gz", Body=body or whole[:-20])
    with pytest.raises(BatchRefused, match=f"in/a.gz: expected gzip, got data that {found}"):
        batch.run(given())


def test_what_is_no_lines_is_refused_with_what_to_do(batch: FakeBatch) -> None:
    batch.put("in/a.parquet", [b"PAR1"])
    with pytest.raises(BatchRefused, match="--upload` converts Parquet"):
        batch.run(given())


@pytest.mark.parametrize(
    ("line", "why"),
    [("5,1.5,true,mobile,ads", "6 fields"), ("5,1.5,true,mobile,ads,1,2", "6 fields"), ('"5', "fields")],
)
def test_a_line_that_is_not_as_its_header_is_never_scored(batch: FakeBatch, line: str, why: str) -> None:
    """A line with as many fields as the model has features, but fewer than the header, has them in other places."""
    header = "pages,spend,returning,device,referrer,note"
    batch.put("in/a.csv", [header, "3,12.5,true,mobile,ads,", line, "4,12.5,true,mobile,ads,"])
    counts = batch.run(given(format="csv"))["counts"]
    assert (counts["rows"], counts["predictions"], counts["quarantined"]) == (3, 2, 1)
    (entry,) = batch.lines("r1", "quarantine/")
    assert (entry["code"], entry["source"]["position"].rsplit("|")[-1]) == ("WRONG_SHAPE", "1")
    assert why in entry["detail"]
    assert base64.b64decode(entry["data"]).decode() == line


def test_a_header_with_a_feature_twice_is_refused(batch: FakeBatch) -> None:
    batch.put("in/a.csv", ["pages,spend,returning,device,referrer,pages", "1,2,true,mobile,ads,3"])
    with pytest.raises(BatchRefused, match="each feature in one column, got several pages"):
        batch.run(given(format="csv"))


def small_pages(batch: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The first page of a plan that ends within its object."""
    batch.put("in/a.jsonl", rows(30))
    monkeypatch.setattr(plan.Planner.__init__, "__defaults__", (700, 2))
    return batch.task("plan", input=given(), execution="e", attempt="2026-01-01")


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_plan_ends_where_its_object_is_replaced_or_gone(
    s3: Any, artifact: Any, monkeypatch: pytest.MonkeyPatch, versioned: bool, replaced: bool
) -> None:
    """Else rows of two contents would be one run, or the rest of the rows would be in none."""
    batch = FakeBatch(s3, artifact, versioned=versioned)
    first = small_pages(batch, monkeypatch)
    if replaced:
        batch.put("in/a.jsonl", rows(30, 100))
    else:
        batch.s3.delete_object(Bucket=INPUT, Key="in/a.jsonl")
    batch.put("in/b.jsonl", rows(1))
    with pytest.raises(BatchRefused, match=r"in/a\.jsonl: expected the version that the plan began with"):
        batch.task("plan", input=given(), execution="e", attempt="2026-01-01", place=first["place"])


def test_a_redrive_continues_a_plan_that_ended_early(batch: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were never planned are no part of the counts: without them, a run is not complete."""
    small_pages(batch, monkeypatch)
    error = {"Error": "Lambda.TooManyRequestsException", "Cause": "throttled"}
    done = batch.task("finish", input=given(), execution="e", attempt="2026-01-01", error=error)
    assert (done["complete"], batch.manifest("r1")["planned"]) == (False, False)
    assert not batch.task("finish", input=given(), execution="e", attempt="2026-01-01")["complete"]

    done = batch.run({"run": "r1", "redrive": "failed"})
    assert (done["complete"], done["counts"]["rows"], done["counts"]["predictions"]) == (True, 30, 30)
    assert [line["event_id"] for line in batch.lines("r1", "predictions/")] == [f"e-{number}" for number in range(30)]


def test_a_redrive_plans_what_was_never_planned(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(3))
    batch.tasks._begin("r1", given())
    done = batch.run({"run": "r1", "redrive": "failed"})
    assert (done["complete"], done["counts"]["predictions"]) == (True, 3)


def test_a_redrive_of_many_items_has_pages_too(batch: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    batch.put("in/a.jsonl", rows(60))
    planned = batch.run(given(), failing=range(100))
    assert planned["counts"]["items_failed"] == planned["counts"]["items"] > 5
    monkeypatch.setattr("batches.tasks.MOST_ITEMS", 2)
    done = batch.run({"run": "r1", "redrive": "failed"})
    assert (done["complete"], done["counts"]["predictions"], done["counts"]["items_failed"]) == (True, 60, 0)


def put_version(batch: FakeBatch, key: str, lines: list[str]) -> tuple[str, str]:
    """Version id, empty in a bucket without versions, and ETag."""
    batch.put(key, lines)
    found = batch.s3.head_object(Bucket=INPUT, Key=key)
    return found.get("VersionId", ""), found["ETag"].strip('"')


@pytest.mark.parametrize("versioned", [True, False])
def test_one_object_is_scored_in_the_version_that_is_named(s3: Any, artifact: Any, versioned: bool) -> None:
    batch = FakeBatch(s3, artifact, versioned=versioned)
    version, etag = put_version(batch, "in/a.jsonl", rows(40))
    batch.put("in/a.jsonl.more", rows(3))  # its key begins as that of the object
    if versioned:
        batch.put("in/a.jsonl", rows(2))
    named = {"version_id": version} if versioned else {"etag": etag}
    done = batch.run(given(prefix="in/a.jsonl", object=named))
    assert (done["complete"], done["counts"]["predictions"], done["counts"]["objects"]) == (True, 40, 1)
    (place, *_) = [line["source"]["position"] for line in batch.lines("r1", "predictions/")]
    assert place == f"in/a.jsonl|{version or etag}|0"


def test_one_object_is_planned_page_by_page(s3: Any, artifact: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan.Planner.__init__, "__defaults__", (1000, 1))
    batch = FakeBatch(s3, artifact)
    _, etag = put_version(batch, "in/a.jsonl", rows(40))
    done = batch.run(given(prefix="in/a.jsonl", object={"etag": etag}))
    assert (done["complete"], done["counts"]["predictions"], done["counts"]["objects"]) == (True, 40, 1)


@pytest.mark.parametrize("named", [{"etag": "another"}, {"version_id": "none"}, {"etag": "e", "version_id": "v"}, {}])
def test_an_object_that_is_another_now_is_refused(batch: FakeBatch, named: dict[str, str]) -> None:
    batch.put("in/a.jsonl", rows(4))
    with pytest.raises((BatchRefused, DocumentInvalid)):
        batch.run(given(prefix="in/a.jsonl", object=named))
