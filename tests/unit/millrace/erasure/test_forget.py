"""What is stored about a key is removed, every version of it, and nothing of anybody else's."""

import base64
import io
import json
from datetime import UTC, datetime

import polars as pl
import pytest
from botocore.exceptions import ClientError

from capture.columns import CapturedRows
from millrace.erasure import run
from millrace.erasure.subject import Subject
from millrace.stack import Stack
from outcomes.collected import OUTCOME_COLUMNS, PREDICTION_COLUMNS, CollectedPrediction, ObservedOutcome
from outcomes.join import Join, OutcomesOfHour
from outcomes.tables import Tables
from records.faults import Code, Fault
from scoring.variant import Variant
from sinks.quarantine import entry
from sources import redrive
from tests.fakes import artifacts, envelopes
from tests.fakes.evaluation import prediction

BUCKETS = ("failures", "kept", "evaluated", "batches")
KEY, OTHER = "key-1", "key-2"
OUTPUTS = {
    "model": {"name": "sessions"},
    "capture": {"bucket": "kept", "prefix": "capture/", "keep_days": 30},
    "evaluator": {"bucket": "evaluated", "outcomes_stream": {"name": "mill-outcomes", "arn": "arn:outcomes"}},
    "failure_store": {
        "bucket": "failures",
        "quarantine_prefix": "quarantine/",
        "on_failure_prefix": "aws/lambda/",
        "redriven_prefix": "redriven/",
    },
    "model_store": {"bucket": "models"},
    "scorer": {"log_group": "/aws/lambda/mill-scorer"},
    "sources": {"event_stream": {"type": "kinesis", "name": "mill-events", "arn": "arn:events"}},
    "sinks": {"prediction_sink": {"type": "kinesis", "name": "mill-predictions", "arn": "arn:predictions"}},
}


@pytest.fixture
def s3(aws, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SCRATCH", tmp_path)
    s3 = aws("s3")
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return s3


@pytest.fixture
def stack():
    return Stack("local", {}, OUTPUTS)


def record(position, key):
    event = envelopes.kinesis(envelopes.event(position), first=envelopes.FIRST_SEQUENCE + position)
    event["Records"][0]["kinesis"]["partitionKey"] = key
    return envelopes.read(event).records[0]


def quarantined(*records):
    return b"".join(entry(one, Fault(Code.WRONG_TYPE, "/x", "expected"), 1.7e9) for one in records)


def captured(*keys):
    """A file with a row for each key; the prediction ids are p-0, p-1 …"""
    artifact = artifacts.artifact()
    rows = CapturedRows(Variant("champion", artifact.manifest, None), 1.7e9)
    texts = [(f"p-{i}", f'"e-{i}"', '{"arrived_at":"2023-11-14T22:13:20.000Z"}', key) for i, key in enumerate(keys)]
    matrix = artifacts.matrix(len(keys)).tobytes()
    rows.add("champion", 1.7e9, texts, matrix, bytes(4 * len(keys)))
    return rows.file()


def parquet(**columns):
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()


def forget(stack, key=KEY, **options):
    return run.forget(stack, Subject(key), dry_run=options.pop("dry_run", False), **options)


def bodies(s3, bucket):
    """Every version of every object, by key."""
    found = {}
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        body = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
        found.setdefault(version["Key"], []).append(body)
    return found


def put(s3, bucket, key, body):
    s3.put_object(Bucket=bucket, Key=key, Body=body)


def test_events_in_quarantine_are_removed_and_those_of_others_stay(s3, stack):
    mixed, other = quarantined(record(1, KEY), record(2, OTHER), record(3, KEY)), quarantined(record(4, OTHER))
    put(s3, "failures", "quarantine/2023/a.jsonl", mixed)
    put(s3, "failures", "quarantine/2023/b.jsonl", quarantined(record(5, KEY)))
    put(s3, "failures", "quarantine/2023/c.jsonl", other)
    proof = forget(stack)
    kept = quarantined(record(2, OTHER))
    assert bodies(s3, "failures") == {"quarantine/2023/a.jsonl": [kept], "quarantine/2023/c.jsonl": [other]}
    place = next(place for place in proof["searched"] if place["what"] == "quarantine")
    assert (place["objects"], place["versions"], place["events"], len(place["removed"])) == (3, 3, 3, 2)
    assert (proof["complete"], proof["dry_run"]) == (True, False)
    assert KEY not in json.dumps(proof)


def test_former_versions_are_searched_too(s3, stack):
    key = "quarantine/2023/a.jsonl"
    put(s3, "failures", key, quarantined(record(1, KEY), record(2, OTHER)))
    put(s3, "failures", key, quarantined(record(2, OTHER)))
    s3.delete_object(Bucket="failures", Key=key)
    forget(stack)
    assert bodies(s3, "failures") == {key: [quarantined(record(2, OTHER))]}


def test_an_older_version_does_not_come_back_in_place_of_one_that_is_removed(s3, stack):
    key = "quarantine/2023/a.jsonl"
    put(s3, "failures", key, quarantined(record(2, OTHER)))  # settled, then overwritten
    put(s3, "failures", key, quarantined(record(1, KEY)))
    forget(stack)
    assert bodies(s3, "failures") == {}


def test_a_batch_that_lambda_discarded_keeps_the_records_of_others(s3, stack):
    records = [redrive.envelope(record(i, key)) for i, key in enumerate((KEY, OTHER, KEY))]
    put(s3, "failures", "redriven/lease.json", b'{"owner": "ada"}')
    document = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "payload": json.dumps({"Records": records})}
    put(s3, "failures", "aws/lambda/m/s/2023/a", json.dumps(document).encode())
    put(
        s3,
        "failures",
        "redriven/2023/a.jsonl",
        json.dumps({"prediction_id": "p", "record": records[0]}).encode() + b"\n",
    )
    assert forget(stack)["complete"]
    found = bodies(s3, "failures")
    assert found.pop("redriven/lease.json") == [b'{"owner": "ada"}']
    ((key, (body,)),) = found.items()
    left = json.loads(json.loads(body)["payload"])["Records"]
    assert key == "aws/lambda/m/s/2023/a"
    assert [one["partition_key"] for one in left] == [OTHER]


def test_captured_rows_are_removed_and_their_ids_find_the_evaluation(s3, stack):
    put(s3, "kept", "capture/sessions/2023/11/14/22/1/c-0.parquet", captured(KEY, OTHER, KEY))
    put(
        s3,
        "evaluated",
        "evaluation/predictions/2023/a.3.parquet",
        parquet(prediction_id=["p-0", "p-1", "p-2"], event_id=["e-0", "e-1", "e-2"]),
    )
    outcomes = parquet(prediction_id=["p-2", "p-1", "", ""], event_id=["", "", "e-0", "e-1"], label=["1"] * 4)
    put(s3, "evaluated", "evaluation/outcomes/2023/a.4.parquet", outcomes)
    before = pl.read_parquet(io.BytesIO(captured(KEY, OTHER, KEY)))
    forget(stack)
    (rows,) = bodies(s3, "kept")["capture/sessions/2023/11/14/22/1/c-0.parquet"]
    after = pl.read_parquet(io.BytesIO(rows))
    assert after.rows() == before.filter(pl.col("partition_key") == OTHER).rows()
    assert after.schema == before.schema
    assert pl.read_parquet_metadata(io.BytesIO(rows))["millrace.model"] == "sessions"
    found = bodies(s3, "evaluated")
    assert pl.read_parquet(io.BytesIO(found["evaluation/predictions/2023/a.3.parquet"][0]))[
        "prediction_id"
    ].to_list() == ["p-1"]
    assert pl.read_parquet(io.BytesIO(found["evaluation/outcomes/2023/a.4.parquet"][0]))["event_id"].to_list() == [
        "",
        "e-1",
    ]


def test_in_a_bucket_without_versions_the_rows_of_others_stay_too(s3, stack):
    """An existing one, whose versions are its owner's, and which stacks of other models may share."""
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    folder = "capture/sessions/2023/11/14/22/1"
    put(s3, "plain", f"{folder}/c-0.parquet", captured(KEY, OTHER))
    put(s3, "plain", f"{folder}/c-1.parquet", captured(KEY))
    put(s3, "plain", "capture/other-model/2023/11/14/22/1/c-0.parquet", captured(KEY))
    outputs = OUTPUTS | {"capture": {"bucket": "plain", "prefix": "capture/"}}
    proof = run.forget(Stack("local", {}, outputs), Subject(KEY), dry_run=False)
    found = bodies(s3, "plain")
    (rows,) = found.pop(f"{folder}/c-0.parquet")
    assert pl.read_parquet(io.BytesIO(rows))["partition_key"].to_list() == [OTHER]
    assert list(found) == ["capture/other-model/2023/11/14/22/1/c-0.parquet"]
    done = [one["done"] for one in proof["searched"][0]["removed"]]
    assert (proof["complete"], done) == (True, ["replaced by the events of others", "removed"])


def test_results_of_batches_are_searched_and_their_plans_stay(s3, stack):
    lines = [
        {"prediction_id": "q-1", "partition_key": KEY},
        {"prediction_id": "q-2", "partition_key": OTHER},
        {"prediction_id": "q-3"},
    ]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    put(s3, "batches", "runs/1/predictions/0.jsonl", body)
    put(s3, "batches", "runs/1/quarantine/0.jsonl", quarantined(record(1, KEY)))
    put(s3, "batches", "runs/1/run.json", b"{}")
    proof = run.forget(
        Stack("local", {}, OUTPUTS | {"batch": {"bucket": "batches"}}), Subject(KEY, {"q-3"}), dry_run=False
    )
    assert proof["complete"]
    left = {"runs/1/predictions/0.jsonl": [body.splitlines(True)[1]], "runs/1/run.json": [b"{}"]}
    assert bodies(s3, "batches") == left


def test_what_the_evaluator_joined_is_removed_with_its_predictions(s3, stack):
    """As the evaluator writes it."""
    put(s3, "kept", "capture/sessions/2023/11/14/22/1/c-0.parquet", captured(KEY, OTHER))
    tables = Tables(1_024)
    for name in ("p-0", "p-1"):
        rows = [CollectedPrediction(name, "e", "1", "champion", (0.5,), *["2023-11-14T22:00:00.000Z"] * 2, "").row()]
        join = Join(tables)
        join.begin()
        _, body = join.predicted([{"file": tables.parquet(PREDICTION_COLUMNS, rows)}])
        put(s3, "evaluated", f"evaluation/sessions/joined/2023/11/14/22/predictions-{name}.1.parquet", body)
    put(s3, "evaluated", "evaluation/sessions/joined/2023/11/14/22/done-1.0.parquet", b"")
    forget(stack)
    assert sorted(key.rpartition("/")[2] for key in bodies(s3, "evaluated") if "/joined/" in key) == [
        "done-1.0.parquet",
        "predictions-p-1.1.parquet",
    ]


def test_a_dry_run_finds_all_and_changes_nothing(s3, stack):
    put(s3, "failures", "quarantine/2023/a.jsonl", quarantined(record(1, KEY), record(2, OTHER)))
    before = bodies(s3, "failures")
    proof = forget(stack, dry_run=True)
    place = next(place for place in proof["searched"] if place["what"] == "quarantine")
    assert (place["events"], [one["done"] for one in place["removed"]]) == (1, ["found"])
    assert (proof["complete"], bodies(s3, "failures")) == (False, before)


def test_a_second_run_finds_nothing(s3, stack):
    put(s3, "failures", "quarantine/2023/a.jsonl", quarantined(record(1, KEY), record(2, OTHER)))
    forget(stack)
    again = forget(stack)
    assert sum(place["events"] for place in again["searched"]) == 0


def test_one_that_is_broken_off_continues_and_its_proof_has_all(s3, stack, monkeypatch):
    put(s3, "kept", "capture/sessions/2023/11/14/22/1/c-0.parquet", captured(KEY, OTHER))
    put(s3, "evaluated", "evaluation/predictions/2023/a.2.parquet", parquet(prediction_id=["p-0", "p-1"]))
    real = run.erase

    def fails_at_evaluation(client, place, *arguments, **options):
        if place.bucket == "evaluated":
            raise KeyboardInterrupt
        return real(client, place, *arguments, **options)

    monkeypatch.setattr(run, "erase", fails_at_evaluation)
    with pytest.raises(KeyboardInterrupt):
        forget(stack)
    monkeypatch.setattr(run, "erase", real)
    proof = forget(stack)
    assert next(place for place in proof["searched"] if place["what"] == "captured rows")["events"] == 1
    left = pl.read_parquet(io.BytesIO(bodies(s3, "evaluated")["evaluation/predictions/2023/a.2.parquet"][0]))
    assert left["prediction_id"].to_list() == ["p-1"]  # by an id that only the first run had found
    assert proof["complete"]


def predicted(*keys, **documents):
    """Predictions as the evaluator collects them, p-0, p-1 …: a file, through its own columns."""
    rows = [
        CollectedPrediction.read(
            json.loads(json.dumps(prediction(f"p-{i}", event_id=f"e-{i}", partition_key=key, **documents))), "sessions"
        ).row()
        for i, key in enumerate(keys)
    ]
    return Tables(1_024).parquet(PREDICTION_COLUMNS, rows)


@pytest.mark.parametrize("key", [KEY, 'a "quoted"\\\nkey', "schlüssel-🔑", "*", "%27; --", "x" * 256])
def test_without_capture_a_key_finds_its_predictions_and_their_outcomes(s3, stack, key):
    """The evaluator's store has a digest of the key: no id needs to be known."""
    body = predicted(key, OTHER)
    put(s3, "evaluated", "evaluation/predictions/2023/a.2.parquet", body)
    outcomes = parquet(prediction_id=["p-0", "p-1", "", ""], event_id=["", "", "e-0", "e-1"], label=["1"] * 4)
    put(s3, "evaluated", "evaluation/outcomes/2023/a.4.parquet", outcomes)
    assert key.encode() not in body or len(key) == 1
    outputs = {name: value for name, value in OUTPUTS.items() if name != "capture"}
    proof = run.forget(Stack("local", {}, outputs), Subject(key), dry_run=False)
    found = bodies(s3, "evaluated")
    assert pl.read_parquet(io.BytesIO(found["evaluation/predictions/2023/a.2.parquet"][0]))[
        "prediction_id"
    ].to_list() == ["p-1"]
    (left,) = found["evaluation/outcomes/2023/a.4.parquet"]
    assert pl.read_parquet(io.BytesIO(left)).select("prediction_id", "event_id").rows() == [("p-1", ""), ("", "e-1")]
    events = {place["what"]: place["events"] for place in proof["searched"] if place["events"]}
    assert (events, proof["complete"]) == ({"collected predictions": 1, "collected outcomes": 2}, True)


def test_what_is_left_is_evaluated_as_before(s3, stack):
    """The files are written by another library than the evaluator's own."""
    tables = Tables(1_024)
    value = ObservedOutcome("", "e-1", 7, *["2023-11-14T22:00:00.000Z"] * 2, "a" * 64)
    happened = [value.row(), value._replace(prediction_id="p-0", event_id="").row()]
    put(s3, "evaluated", "evaluation/predictions/2023/a.2.parquet", predicted(KEY, OTHER))
    put(s3, "evaluated", "evaluation/outcomes/2023/a.2.parquet", tables.parquet(OUTCOME_COLUMNS, happened))
    assert forget(stack)["complete"]
    left = {key: body for key, (body,) in bodies(s3, "evaluated").items()}
    join, outcomes = Join(tables), OutcomesOfHour(tables, 1)
    join.begin()
    assert join.predicted([{"p": left["evaluation/predictions/2023/a.2.parquet"]}])[0] == 1
    outcomes.add({"o": left["evaluation/outcomes/2023/a.2.parquet"]})
    join.match(outcomes)
    join.finish()
    assert (outcomes.rows, join.groups()) == (1, [("1", "champion", 1, 1)])


def test_a_key_that_is_everywhere_is_nowhere_afterwards(s3):
    """In each place next to another key, and in former versions, whose events and ids all stay."""
    everywhere = Stack("local", {}, OUTPUTS | {"batch": {"bucket": "batches"}})
    mine, others = record(1, KEY), record(2, OTHER)
    envelopes_of = [redrive.envelope(one) for one in (mine, others)]
    discarded = json.dumps({"payload": {"Records": envelopes_of}}).encode()
    trail = b"".join(
        json.dumps({"prediction_id": f"r-{i}", "record": one}).encode() + b"\n" for i, one in enumerate(envelopes_of)
    )
    results = b"".join(
        json.dumps({"prediction_id": f"b-{i}", "partition_key": key}).encode() + b"\n"
        for i, key in enumerate((KEY, OTHER))
    )
    unread = [replace(record(i, "o"), f'{{"prediction_id":"p-{i - 8}","outcome":'.encode()) for i in (8, 9)]
    join = Join(Tables(1_024))
    join.begin()
    joined = join.predicted([{"file": predicted(KEY, OTHER)}])[1]
    contents = {
        ("kept", "capture/sessions/2023/11/14/22/1/c-0.parquet"): captured(KEY, OTHER),
        ("failures", "quarantine/2023/a.jsonl"): quarantined(mine, others),
        ("failures", "aws/lambda/m/s/2023/a"): discarded,
        ("failures", "redriven/2023/a.jsonl"): trail,
        ("batches", "runs/1/predictions/0.jsonl"): results,
        ("batches", "runs/1/quarantine/0.jsonl"): quarantined(mine, others),
        ("evaluated", "evaluation/predictions/2023/11/14/22/a.2.parquet"): predicted(KEY, OTHER),
        ("evaluated", "evaluation/outcomes/2023/11/14/22/a.4.parquet"): parquet(
            prediction_id=["p-0", "p-1", "", ""], event_id=["", "", "e-0", "e-1"]
        ),
        ("evaluated", "evaluation/sessions/joined/2023/11/14/22/predictions-1.2.parquet"): joined,
        ("evaluated", "quarantine/outcomes/2023/a.jsonl"): quarantined(*unread),
        ("evaluated", "aws/lambda/e/s/2023/a"): json.dumps(
            {"payload": {"Records": list(map(redrive.envelope, unread))}}
        ).encode(),
    }  # fmt: skip
    for (bucket, key), body in contents.items():
        put(s3, bucket, key, body)
        put(s3, bucket, key, body)
    proof = forget(everywhere)
    assert proof["complete"]
    assert [place["events"] for place in proof["searched"]] == [1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
    found = forget(everywhere)["searched"]
    assert [place["events"] for place in found] == [0] * 11
    assert [place["versions"] for place in found] == [1] * 8 + [0] + [1] * 2, "what was joined is made again"
    for (bucket, key), body in contents.items():
        for left in bodies(s3, bucket).get(key, ()):
            assert 0 < len(left) < len(body) or left.startswith(b"PAR1"), key


def test_files_from_before_and_after_the_digest_are_evaluated_together(s3):
    tables, new = Tables(1_024), predicted(KEY, OTHER)
    old = pl.read_parquet(io.BytesIO(new)).drop("key_digest").with_columns(pl.col("prediction_id") + "-old")
    out = io.BytesIO()
    old.write_parquet(out)
    for bodies_in_order in ([new, out.getvalue()], [out.getvalue(), new]):
        join = Join(tables)
        join.begin()
        assert join.predicted([{str(i): body for i, body in enumerate(bodies_in_order)}])[0] == 4


def test_what_the_evaluator_could_not_read_is_found_by_ids_too(s3, stack):
    put(s3, "evaluated", "evaluation/predictions/2023/a.1.parquet", predicted(KEY))
    theirs = [b'{"prediction_id": "p-0", "outcome": NaN}', b'{"event_id":"e-0","outcome":', b'{"partition_key":"key-1"']
    others = [b'{"prediction_id":"p-1","event_id":"e-0"}', b'{"outcome":"e-0"}', b"\xff", b'{"prediction_id":"p-0']
    records = [replace(record(i, "outcomes"), data) for i, data in enumerate([*theirs, *others])]
    put(s3, "evaluated", "quarantine/outcomes/2023/a.jsonl", quarantined(*records))
    document = {"payload": {"Records": [redrive.envelope(one) for one in records]}}
    put(s3, "evaluated", "aws/lambda/e/s/2023/a", json.dumps(document).encode())
    proof = forget(stack)
    found = bodies(s3, "evaluated")
    assert found["quarantine/outcomes/2023/a.jsonl"] == [quarantined(*records[len(theirs) :])]
    left = json.loads(found["aws/lambda/e/s/2023/a"][0])["payload"]["Records"]
    assert [base64.b64decode(one["data"]) for one in left] == others
    assert proof["complete"]


def replace(record, data):
    record.data = data
    return record


def test_one_that_is_killed_between_two_objects_has_what_it_removed_in_its_proof(s3, stack, monkeypatch):
    """Few objects: none of those that are written for every hundredth."""
    for name in "abc":
        put(s3, "failures", f"quarantine/2023/{name}.jsonl", quarantined(record(ord(name), KEY), record(1, OTHER)))
    put(s3, "kept", "capture/sessions/2023/11/14/22/1/c-0.parquet", captured(KEY, OTHER))
    put(s3, "kept", "capture/sessions/2023/11/14/22/1/c-1.parquet", b"damaged")
    put(s3, "evaluated", "evaluation/outcomes/2023/a.1.parquet", parquet(prediction_id=["p-0"], event_id=[""]))
    from millrace.redrive.objects import Objects

    real, replaced = Objects.replace, []

    def killed(self, version, body):
        replaced.append(version.key)
        if version.key.endswith("b.jsonl") and replaced.count(version.key) <= 2:
            raise KeyboardInterrupt
        return real(self, version, body)

    monkeypatch.setattr(Objects, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        forget(stack)
    (journal,) = (run.SCRATCH / "forget").iterdir()
    assert journal.stat().st_mode & 0o777 == 0o600
    journal.write_bytes(journal.read_bytes() + b'{"place":"quarantine","key":"quar')  # a line that was broken off
    with pytest.raises(KeyboardInterrupt):
        forget(stack)  # what is written after such a line is read too
    proof = forget(stack)
    found = {place["what"]: place for place in proof["searched"]}
    assert [one["key"][-7:] for one in found["quarantine"]["removed"]] == ["a.jsonl", "b.jsonl", "c.jsonl"]
    assert (found["quarantine"]["objects"], found["quarantine"]["events"]) == (3, 3)
    assert [one["key"][-11:] for one in found["captured rows"]["failed"]] == ["c-1.parquet"]
    assert proof["complete"] is False
    assert found["collected outcomes"]["events"] == 1
    assert not journal.exists()


def test_an_object_that_may_not_be_read_is_in_the_proof_and_the_search_continues(s3, stack, monkeypatch):
    for name in "ab":
        put(s3, "failures", f"quarantine/2023/{name}.jsonl", quarantined(record(1, KEY)))

    class Archived:
        def __getattr__(self, name):
            return getattr(s3, name)

        def get_object(self, **arguments):
            if arguments["Key"].endswith("a.jsonl"):
                raise ClientError({"Error": {"Code": "InvalidObjectState"}}, "GetObject")
            return s3.get_object(**arguments)

    monkeypatch.setattr(Stack, "client", lambda self, service: Archived() if service == "s3" else None)
    monkeypatch.setattr(run, "caller", lambda stack: "me")
    proof = forget(stack)
    assert list(bodies(s3, "failures")) == ["quarantine/2023/a.jsonl"]
    failed = next(place for place in proof["searched"] if place["what"] == "quarantine")["failed"]
    assert [one["why"] for one in failed] == ["not read: InvalidObjectState"]
    assert proof["complete"] is False


def test_what_is_written_meanwhile_is_looked_at_again(s3, stack, monkeypatch):
    from millrace.redrive.objects import Objects

    key, real, writes = "quarantine/2023/a.jsonl", Objects.replace, []
    put(s3, "failures", key, quarantined(record(1, KEY), record(2, OTHER)))

    def replace(self, version, body):
        if not writes:
            writes.append(1)
            put(s3, "failures", key, quarantined(record(1, KEY), record(2, OTHER), record(3, OTHER)))
        return real(self, version, body)

    monkeypatch.setattr(Objects, "replace", replace)
    forget(stack)
    assert bodies(s3, "failures") == {key: [quarantined(record(2, OTHER), record(3, OTHER))]}


def test_an_object_that_is_deleted_meanwhile_is_done(s3, stack, monkeypatch):
    from millrace.redrive.objects import Objects

    key = "quarantine/2023/a.jsonl"
    put(s3, "failures", key, quarantined(record(1, KEY), record(2, OTHER)))
    put(s3, "failures", f"{key}.other", quarantined(record(3, KEY)))

    def deletes(self, version, body):
        for found in s3.list_object_versions(Bucket="failures", Prefix=key)["Versions"]:
            if found["Key"] == key:
                s3.delete_object(Bucket="failures", Key=key, VersionId=found["VersionId"])

    monkeypatch.setattr(Objects, "replace", deletes)
    proof = forget(stack)
    assert (proof["complete"], bodies(s3, "failures")) == (True, {})


def test_many_objects_are_read_ahead_and_searched_in_order(s3, stack):
    for i in range(40):
        put(s3, "failures", f"quarantine/2023/{i:02d}.jsonl", quarantined(record(i, KEY), record(i + 100, OTHER)))
    proof = forget(stack)
    removed = next(place for place in proof["searched"] if place["what"] == "quarantine")["removed"]
    assert [one["key"] for one in removed] == [f"quarantine/2023/{i:02d}.jsonl" for i in range(40)]


def test_what_cannot_be_written_again_stays_and_is_in_the_proof(s3, stack, monkeypatch):
    both, mine = quarantined(record(1, KEY), record(2, OTHER)), quarantined(record(3, KEY))
    put(s3, "failures", "quarantine/2023/a.jsonl", both)
    put(s3, "failures", "quarantine/2023/b.jsonl", mine)

    class NoPuts:
        def __getattr__(self, name):
            return getattr(s3, name)

        def put_object(self, **_):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")

    monkeypatch.setattr(Stack, "client", lambda self, service: NoPuts() if service == "s3" else None)
    monkeypatch.setattr(run, "caller", lambda stack: "me")
    proof = forget(stack)
    failed = next(place for place in proof["searched"] if place["what"] == "quarantine")["failed"]
    assert [(one["key"][-7:], one["why"]) for one in failed] == [("a.jsonl", "AccessDenied")]
    assert (proof["complete"], bodies(s3, "failures")) == (False, {"quarantine/2023/a.jsonl": [both]})


def test_what_cannot_be_removed_is_in_the_proof(s3, stack, monkeypatch):
    put(s3, "failures", "quarantine/2023/a.jsonl", quarantined(record(1, KEY), record(2, OTHER)))
    put(s3, "failures", "quarantine/2023/b.jsonl", b"no entry\n")

    class Locked:
        def __getattr__(self, name):
            return getattr(s3, name)

        def delete_object(self, **_):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObject")

    monkeypatch.setattr(Stack, "client", lambda self, service: Locked() if service == "s3" else None)
    monkeypatch.setattr(run, "caller", lambda stack: "me")
    proof = forget(stack)
    failed = next(place for place in proof["searched"] if place["what"] == "quarantine")["failed"]
    assert [(one["key"][-7:], one["why"][:12]) for one in failed] == [
        ("a.jsonl", "AccessDenied"),
        ("b.jsonl", "expected JSO"),
    ]
    assert proof["complete"] is False


def test_the_proof_says_what_no_search_can_reach(s3, stack):
    proof = forget(stack)
    assert [one["where"] for one in proof["not_reached"]][:3] == ["arn:events", "arn:predictions", "arn:outcomes"]
    assert all(one["until"] for one in proof["not_reached"])
    assert datetime.fromisoformat(proof["finished_at"]) <= datetime.now(UTC)
