import json
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.output import Output
from records.faults import Code, Fault
from scoring.predictions import Encoder, label_of
from tests.fakes import artifacts, envelopes
from tests.fakes.envelopes import read
from tests.fakes.scorer import FakeScorer

pytestmark = pytest.mark.usefixtures("each_engine")

ROWS = 200
NOW = 1_800_000_000.0


def events(matrix):
    """The events that give the rows of a matrix of `artifacts.FEATURES`."""
    device, referrer = (artifacts.FEATURES[column].categories for column in (3, 4))
    for number, (pages, spend, returning, device_code, referrer_code) in enumerate(matrix.tolist()):
        features = {
            "pages": int(pages),
            "spend": spend,
            "returning": returning == 1.0,
            "device": None if device_code != device_code else device[int(device_code)],
            "referrer": None if referrer_code != referrer_code else referrer[int(referrer_code)],
        }
        if returning != returning:
            del features["returning"]
        if spend != spend:
            features["spend"] = None
        yield {"event_id": f"e-{number}", "features": features}


def scored(kind, matrix):
    scorer = FakeScorer(artifacts.artifact(kind))
    _, report = scorer.run(envelopes.kinesis(*events(matrix)))
    assert report.predictions == len(matrix)
    return scorer.predictions


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_scores_are_exactly_those_of_xgboosts_own_inplace_predict(kind):
    matrix = artifacts.matrix(ROWS, seed=5)
    assert np.isnan(matrix[:, 1:]).any(axis=0).all()
    expected = artifacts.booster(kind).inplace_predict(matrix)
    found = [prediction.get("scores", prediction.get("score")) for prediction in scored(kind, matrix)]
    assert np.array(found, dtype=np.float64).tolist() == expected.astype(np.float64).tolist()
    assert len(np.unique(expected)) > 10


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_a_row_has_the_same_score_alone_and_in_a_batch(kind):
    matrix = artifacts.matrix(70, seed=6)
    together = scored(kind, matrix)
    for i in (0, 33, 69):
        (alone,) = scored(kind, matrix[i : i + 1])
        assert [alone.get(key) for key in ("score", "scores")] == [together[i].get(key) for key in ("score", "scores")]


@pytest.fixture
def record(recorded):
    return read(recorded("kinesis_aggregated")).records[1]


def encode(record, scores, kind="binary", event_id="e-1"):
    body = encoded(record, scores, kind, event_id)
    assert body.isascii()
    return json.loads(body)


def encoded(record, scores, kind="binary", event_id="e-1", scored_at=NOW):
    manifest = artifacts.artifact(kind).manifest
    return Encoder(manifest, "digest", "champion").encode(record, event_id, array("f", scores), scored_at)


def test_a_prediction_is_all_that_the_contract_names(record):
    assert encode(record, [0.75]) == {
        "schema_version": 2,
        "prediction_id": record.prediction_id,
        "event_id": "e-1",
        "partition_key": record.partition_key,
        "model": {"name": "sessions", "version": "1", "digest": "digest", "variant": "champion"},
        "score": 0.75,
        "label": "yes",
        "source": {
            "type": "kinesis",
            "arn": envelopes.STREAM_ARN,
            "shard": envelopes.SHARD,
            "position": str(envelopes.FIRST_SEQUENCE),
            "subsequence": 1,
            "arrived_at": "2023-11-14T22:13:20.250Z",
        },
        "scored_at": "2027-01-15T08:00:00.000Z",
    }


@pytest.mark.parametrize("batch", ["kinesis", "kinesis_aggregated", "sns", "sqs", "sqs_notification"])
def test_the_source_is_the_record_described(recorded, batch):
    for record in read(recorded(batch)).records:
        source = encode(record, [0.75])["source"]
        assert (source, list(source)) == (record.describe(), list(record.describe()))


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_copies_differ_in_scored_at_and_in_nothing_before_it(record, kind):
    scores = [0.25, 0.5, 0.25] if kind == "multiclass" else [0.75]
    first, again = (encoded(record, scores, kind, scored_at=NOW + later) for later in (0.0, 1234.567))
    last_member = b',"scored_at":"2027-01-15T08:00:00.000Z"}'
    assert first != again
    assert first.endswith(last_member)
    assert first[: -len(last_member)] == again[: -len(last_member)]


def test_many_classes_give_scores_and_the_likeliest_label(record):
    prediction = encode(record, [0.25, 0.5, 0.25], "multiclass")
    assert (prediction["scores"], prediction["label"]) == ([0.25, 0.5, 0.25], "some")
    assert "score" not in prediction


@pytest.mark.parametrize("kind", ["regression", "ranking"])
def test_without_labels_there_is_no_label(record, kind):
    assert "label" not in encode(record, [0.75], kind)


def test_the_digest_is_the_manifests(artifact):
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(envelopes.event()))
    assert scorer.predictions[0]["model"]["digest"] == artifact.manifest.digest()


NOBODY = Output((), 0.5)
EDGE = Output(("no", "yes"), 0.5)
NEVER = Output(("no", "yes"), None)
MANY = Output(("a", "b", "c"), None, 3)


@pytest.mark.parametrize(
    ("output", "scores", "label"),
    [
        (EDGE, [0.5], "yes"),
        (EDGE, [float(np.nextafter(np.float32(0.5), np.float32(0)))], "no"),
        (EDGE, [0.0], "no"),
        (EDGE, [1.0], "yes"),
        (Output(("no", "yes"), 0.0), [0.0], "yes"),
        (NEVER, [0.9], None),
        (NOBODY, [0.9], None),
        (MANY, [0.2, 0.4, 0.4], "b"),  # the first of equals
        (MANY, [0.4, 0.2, 0.4], "a"),
    ],
)
def test_the_threshold_itself_is_positive(output, scores, label):
    assert label_of(output, array("f", scores)) == label


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.7, 0.9])  # no float32 is any of these
def test_the_label_is_what_a_consumer_finds_by_comparing_the_published_score(threshold):
    output = Output(("no", "yes"), threshold)
    nearest = np.float32(threshold)
    for score in (np.nextafter(nearest, np.float32(0)), nearest, np.nextafter(nearest, np.float32(1))):
        published = json.loads(repr(float(score)))
        assert label_of(output, array("f", [score])) == ("yes" if published >= threshold else "no")


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_a_score_that_is_not_finite_is_never_published(record, kind, score):
    scores = [score] if kind == "binary" else [0.5, score, 0.5]
    with pytest.raises(Fault) as caught:
        encode(record, scores, kind)
    assert (caught.value.code, caught.value.path) == (Code.NON_FINITE, "/score")


@given(st.text(st.characters(codec=None)), st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_any_event_id_and_score_come_back_out_of_the_json(event_id, score):
    (record,) = read(envelopes.kinesis(b"{}")).records
    prediction = encode(record, [score], event_id=event_id)
    assert (prediction["event_id"], prediction["score"]) == (event_id, score)


@pytest.mark.parametrize("event_id", ["\ud800", 'a"b\\c', "\x00\n\x7f", "ü\U0001f600", "</script>"], ids=ascii)
def test_odd_event_ids_stay_ascii_and_whole(record, event_id):
    assert encode(record, [0.75], event_id=event_id)["event_id"] == event_id
