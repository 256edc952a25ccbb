"""A training table has what was known at its time, each row once, and nothing of later."""

import io
from copy import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from capture.columns import CapturedRows, key
from millrace.capture.training import reads_as, training_table
from millrace.errors import UserError
from millrace.model.train import Recipe, train
from millrace.stack import Stack
from model_store.release import Release
from model_store.store import ModelStore
from scoring.variant import Variant
from tests.fakes import artifacts

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OUTPUTS = {
    "model": {"name": "sessions"},
    "model_store": {"bucket": "models"},
    "capture": {"bucket": "kept", "prefix": "capture/"},
    "evaluator": {"bucket": "evaluated", "outcomes_stream": {"name": "mill-outcomes"}},
}


@pytest.fixture
def stack(s3, artifact):
    for bucket in ("kept", "evaluated"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    store = ModelStore(s3, "models", "sessions")
    store.put_release(Release(store.publish(artifact), "2026-01-02T03:04:05.000Z"), replacing=None)
    return Stack("local", {}, OUTPUTS)


def capture(s3, artifact, ids, ago, matrix=None, name="c-0"):
    """Rows that were scored `ago` hours before NOW, one a second."""
    began = NOW.timestamp() - ago * 3600
    rows = CapturedRows(Variant("champion", artifact.manifest, None), began)
    matrix = artifacts.matrix(len(ids)) if matrix is None else matrix
    for i, (one, values) in enumerate(zip(ids, matrix, strict=True)):
        texts = [(f"p-{one}", f'"e-{one}"', '{"arrived_at":"2026-11-21T12:00:00.000Z"}', f"k-{one}")]
        rows.add("champion", began + i, texts, values.tobytes(), np.float32([0.5]).tobytes())
    s3.put_object(Bucket="kept", Key=key("sessions", began, artifact.manifest.version, name), Body=rows.file())


def happened(s3, *outcomes):
    """outcomes : prediction id, event id, value, and how many hours before NOW they arrived."""
    columns = {"prediction_id": [], "event_id": [], "label": [], "number": [], "observed_at": [], "arrived_at": []}
    for prediction_id, event_id, value, ago in outcomes:
        at = (NOW - timedelta(hours=ago)).replace(tzinfo=None)
        columns["prediction_id"].append(prediction_id)
        columns["event_id"].append(event_id)
        columns["label"].append(value if isinstance(value, str) else None)
        columns["number"].append(None if isinstance(value, str) else float(value))
        columns["observed_at"].append(at)
        columns["arrived_at"].append(at)
    frame = pl.DataFrame(columns, schema_overrides={"label": pl.String, "number": pl.Float64})
    out = io.BytesIO()
    frame.with_columns(position=pl.int_range(pl.len()).cast(pl.String)).write_parquet(out)
    s3.put_object(Bucket="evaluated", Key=f"evaluation/outcomes/{NOW:%Y/%m/%d/%H}/a.1.parquet", Body=out.getvalue())


def table(stack, days=2, settled=0.0, drop=()):
    return training_table(stack, NOW - timedelta(days=days), NOW, timedelta(hours=settled), drop)


def test_rows_have_the_features_as_the_model_saw_them_and_their_outcomes(s3, stack, artifact):
    matrix = artifacts.matrix(3)
    capture(s3, artifact, ["a", "b", "c"], 5, matrix)
    happened(s3, ("p-a", "", "yes", 1), ("", "e-b", "no", 1), ("p-c", "", 1, 1))
    found = table(stack)
    assert np.array_equal(found.table.matrix, matrix, equal_nan=True)
    assert found.table.label.tolist() == [1.0, 0.0, 1.0]
    assert (found.table.classes, found.table.task) == (("no", "yes"), "binary")
    assert (found.table.features, found.left_out) == (artifact.manifest.features, {})


def test_the_outcome_by_prediction_id_comes_before_that_of_the_event_and_the_last_one_counts(s3, stack, artifact):
    capture(s3, artifact, ["a", "b"], 5)
    happened(
        s3, ("p-a", "", "yes", 3), ("", "e-a", "no", 1), ("p-b", "", "yes", 3), ("p-b", "", "no", 1)
    )  # fmt: skip
    assert table(stack).table.label.tolist() == [1.0, 0.0]


def test_what_arrived_later_is_not_known(s3, stack, artifact):
    capture(s3, artifact, ["a", "b"], 5)
    happened(s3, ("p-a", "", "yes", 3), ("p-a", "", "no", -1 / 60), ("p-b", "", "no", -1 / 60))
    found = table(stack)
    assert (found.table.label.tolist(), found.left_out) == ([1.0], {"no outcome yet": 1})


def test_each_prediction_counts_once_as_it_was_scored_first(s3, stack, artifact):
    matrix = artifacts.matrix(2)
    capture(s3, artifact, ["a"], 5, matrix[:1])
    capture(s3, artifact, ["a"], 4, matrix[1:], name="d-0")
    happened(s3, ("p-a", "", "yes", 1))
    assert np.array_equal(table(stack).table.matrix, matrix[:1], equal_nan=True)


def test_rows_are_in_order_of_time_within_the_days_and_settled(s3, stack, artifact):
    for name, ago in (("late", 1), ("a", 30), ("old", 60), ("b", 10)):
        capture(s3, artifact, [name], ago, artifacts.matrix(4)[:1] + np.float32(ago), name=name)
    happened(s3, *((f"p-{name}", "", "yes", 0.5) for name in ("late", "a", "old", "b")))
    found = table(stack, days=2, settled=2).table.matrix
    assert found[:, 0].tolist() == (artifacts.matrix(4)[0, 0] + np.float32([30, 10])).tolist()


def test_another_version_is_read_by_its_own_manifest(s3, stack, artifact):
    """Its categories are in another order; of another, its features have other types."""
    swapped = tuple(
        replace(one, categories=("tablet", "desktop")) if one.name == "device" else one
        for one in artifact.manifest.features
    )
    other = tuple(replace(one, type="float") if one.name == "pages" else one for one in artifact.manifest.features)
    store = ModelStore(s3, "models", "sessions")
    for version, features in (("2", swapped), ("3", other)):
        made = replace(artifact, manifest=replace(artifact.manifest, version=version, features=features))
        raw = made.manifest.to_bytes()
        s3.put_object(Bucket="models", Key=f"models/sessions/{version}/manifest.json", Body=raw)
        capture(
            s3,
            made,
            [f"{version}{i}" for i in range(2)],
            5,
            np.float32([[1, 2, 1, 0, 0], [1, 2, 1, 1, 0]]),
            name=version,
        )
    happened(s3, *((f"p-{version}{i}", "", "no", 1) for version in "23" for i in range(2)))
    assert store.manifest("2")[0].version == "2"
    found = table(stack)
    assert found.table.matrix[:, 3].tolist() == [2.0, 0.0]  # tablet, desktop in the champion's codes
    assert found.left_out == {"other features (version 3)": 2}


def test_an_outcome_that_the_model_does_not_know_is_left_out(s3, stack, artifact):
    capture(s3, artifact, ["a", "b", "c"], 5)
    happened(s3, ("p-a", "", "maybe", 1), ("p-b", "", 2, 1), ("p-c", "", "yes", 1))
    found = table(stack)
    assert (found.table.label.tolist(), found.left_out) == ([1.0], {"an outcome that the model does not know": 2})


def test_features_that_are_masked_or_dropped_are_no_columns(s3, stack, artifact):
    features = tuple(
        replace(one, capture="mask" if one.name == "spend" else "plain") for one in artifact.manifest.features
    )
    store = ModelStore(s3, "models", "sessions")
    masked = replace(artifact, manifest=replace(artifact.manifest, version="4", features=features))
    release = store.release()
    store.put_release(replace(release.release, champion=store.publish(masked)), replacing=release)
    capture(s3, masked, ["a"], 5)
    happened(s3, ("p-a", "", "yes", 1))
    found = table(stack, drop=("device",))
    assert [one.name for one in found.table.features] == ["pages", "returning", "referrer"]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"capture": None}, "captures no rows: set capture = "),
        ({"evaluator": None}, "collects no outcomes: set evaluator = "),
        ({}, "expected rows captured from 2026-11-19 12:00, got none"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(s3, stack, artifact, outputs, message):
    if outputs:
        capture(s3, artifact, ["a"], 5)
    with pytest.raises(UserError, match=message):
        table(Stack("local", {}, OUTPUTS | outputs))


def test_a_model_is_trained_on_it_that_holds_out_the_newest_and_reads_the_champions_events(s3, stack, artifact):
    rows = 200
    matrix = artifacts.matrix(rows)
    capture(s3, artifact, range(rows), 5, matrix)
    happened(s3, *((f"p-{i}", "", "yes" if i % 3 else "no", 1) for i in range(rows)))
    found = table(stack)
    assert (found.table.label == [1.0 if i % 3 else 0.0 for i in range(rows)]).all()
    made = reads_as(train(found.table, Recipe("sessions", "9", rounds=5, newest_held_out=True)), found.champion)
    assert made.manifest.features == artifact.manifest.features
    assert made.manifest.event == artifact.manifest.event
    assert made.manifest.metrics["logloss"] > 0


def test_a_model_is_not_trained_on_outcomes_of_one_class(s3, stack, artifact):
    """Where only purchases are reported, it would learn that all purchase."""
    capture(s3, artifact, range(20), 5)
    happened(s3, *((f"p-{i}", "", "yes", 1) for i in range(20)))
    with pytest.raises(UserError, match="at least two classes to train on, got 16 of 'yes' only"):
        train(table(stack).table, Recipe("sessions", "9", rounds=5, newest_held_out=True))


def test_rows_of_a_container_that_was_frozen_for_hours_are_found(s3, stack, artifact):
    """Their file has the hour of a row that it kept before."""
    rows, began = (
        CapturedRows(Variant("champion", artifact.manifest, None), NOW.timestamp() - 71 * 3600),
        NOW.timestamp(),
    )
    for one, ago in (("a", 71), ("b", 47)):
        texts = [(f"p-{one}", "", '{"arrived_at":"2026-11-21T12:00:00.000Z"}', "k")]
        rows.add("champion", began - ago * 3600, texts, artifacts.matrix(1).tobytes(), np.float32([0.5]).tobytes())
    s3.put_object(Bucket="kept", Key=key("sessions", rows.began, "1", "c-0"), Body=rows.file())
    happened(s3, ("p-a", "", "yes", 1), ("p-b", "", "no", 1))
    assert table(stack).table.label.tolist() == [0.0]


@pytest.mark.parametrize(
    ("bucket", "name"),
    [
        ("kept", "capture/sessions/2026/11/21/07/1/x-0.parquet"),
        ("evaluated", "evaluation/outcomes/2026/11/21/12/x.1.parquet"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"no file", "short", "other"], ids=["empty", "text", "short", "other columns"])
def test_a_damaged_file_is_named(s3, stack, artifact, bucket, name, body):
    capture(s3, artifact, ["a"], 5)
    happened(s3, ("p-a", "", "yes", 1))
    if isinstance(body, str):
        out = io.BytesIO()
        pl.DataFrame({"some": ["thing"]}).write_parquet(out)
        body = out.getvalue()[: -9 if body == "short" else None]
    s3.put_object(Bucket=bucket, Key=name, Body=body)
    with pytest.raises(UserError, match=rf"s3://{bucket}/{name}: expected a Parquet file as the stack writes it, got "):
        table(stack)


def test_rows_of_a_version_without_any_captured_feature_are_left_out(s3, stack, artifact):
    hidden = tuple(replace(one, capture="omit") for one in artifact.manifest.features)
    private = replace(artifact, manifest=replace(artifact.manifest, version="p", features=hidden))
    stack.model_store().publish(private)
    capture(s3, artifact, ["a"], 5)
    capture(s3, private, ["b"], 5)
    happened(s3, ("p-a", "", "yes", 1), ("p-b", "", "yes", 1))
    found = table(stack)
    assert (len(found.table.label), found.left_out) == (1, {"other features (version p)": 1})
