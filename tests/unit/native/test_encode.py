"""Predictions from C: those of scoring/predictions.py, byte for byte."""

import json
import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.output import Output
from model_store.prediction_form import PredictionForm
from model_store.release import CHAMPION, SHADOW
from scoring.predictions import source_text
from tests.fakes import native_rows
from tests.fakes.native_rows import NO_LIMIT, SCORED_AT, floats

PLAIN = Output()
FULL = PredictionForm()
FORMS = (
    FULL,
    PredictionForm("compact"),
    PredictionForm("compact", partition_key=False),
    PredictionForm("full", partition_key=False),
)
BINARY = Output(("no", "yes"), 0.5)
odd_letters = st.sampled_from('"\\/\n\x00\x1f\x7f\xe9\u2028\U0001f0a1a')
any_text = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=6)


def filled(native, rows, keys=("key",)):
    table = native_rows.table(native)
    for row in range(rows):
        key = keys[row % len(keys)]
        place = (key, f"{row:064x}", '{"type":"x"}')
        table.add_row(*place, f'"e-{row}"', bytes(20), 0, row)
    return table


def encode(native, table, scores, output=PLAIN, limit=NO_LIMIT, with_keys=True, classes=None, form=FULL):
    messages = native.Messages()
    request = (classes or output.width, output.labels, output.threshold, SCORED_AT, limit, with_keys)
    names = native_rows.encoder(output=output).names
    unfit = table.encode(scores, *request, messages, names, form.compact, form.partition_key)
    return messages, unfit


@st.composite
def outputs(draw):
    classes = draw(st.integers(1, 4))
    if draw(st.booleans()):
        names = st.lists(any_text.filter(bool), min_size=classes, max_size=classes, unique=True)
        return Output((), None, classes, tuple(draw(names)))
    count = draw(st.sampled_from([0, max(2, classes)]))
    labels = tuple(draw(any_text) for _ in range(count))
    threshold = draw(st.none() | st.floats(allow_nan=False) | st.sampled_from([0.1, 0.5, 0.30000001192092896]))
    return Output(labels, threshold, classes)


scores_of = st.floats(width=32, allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 0.5, 0.1, 0.3])


@given(output=outputs(), form=st.sampled_from(FORMS), variant=st.sampled_from([CHAMPION, SHADOW]), data=st.data())
def test_messages_are_those_of_the_reference_implementation(native, output, form, variant, data):
    record = native_rows.record(key=data.draw(st.text(max_size=5) | st.text(odd_letters)), event_id="e-1")
    table = native_rows.table(native, variant, form)
    for _ in range(3):
        assert table.add(record.partition_key, record.prediction_id, source_text(record), record.data, 0)
    scores = array("f", data.draw(st.lists(scores_of, min_size=3 * output.width, max_size=3 * output.width)))
    messages, unfit = encode(native, table, scores, output, form=form)
    assert unfit == ([], [])
    encoder = native_rows.encoder(variant, output, form)
    for row, (key, body) in enumerate(messages):
        own = scores[row * output.width : (row + 1) * output.width]
        assert key == record.partition_key
        assert body == encoder.encode(record, "e-1", own, native_rows.NOW)


def test_a_source_that_is_no_source_is_left_as_it_is(native):
    """What a caller other than the engine may hand over."""
    messages, _ = encode(native, filled(native, 1), floats(1), form=PredictionForm("compact"))
    assert b'"source":{"type":"x"}' in messages[0][1]


def test_the_first_of_equal_classes_gives_the_label(native):
    output = Output(("a", "b", "c"), None, 3)
    messages, _ = encode(native, filled(native, 3), floats(1, 1, 1, 0, 2, 2, -0.0, 0.0, -1), output)
    assert [body.split(b'"label":')[1][1:2] for _, body in messages] == [b"a", b"b", b"a"]


def test_a_threshold_is_compared_in_double(native):
    """0.1 as float32 lies above 0.1: at the threshold of 0.1 the label is the second one."""
    messages, _ = encode(native, filled(native, 2), floats(0.1, 0.3), Output(("no", "yes"), 0.30000002))
    assert [body.split(b'"label":')[1][:5] for _, body in messages] == [b'"no",', b'"no",']
    messages, _ = encode(native, filled(native, 1), floats(0.1), Output(("no", "yes"), 0.1))
    assert b'"label":"yes"' in messages[0][1]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_rows_without_finite_scores_have_no_message(native, bad):
    table = filled(native, 4)
    messages, unfit = encode(native, table, floats(bad, 1, 2, bad))
    assert unfit == ([0, 3], [])
    assert [json.loads(body)["prediction_id"] for _, body in messages] == [f"{row:064x}" for row in (1, 2)]
    messages, unfit = encode(native, table, floats(1, bad, 2, 2, bad, 1, 3, 3), classes=2)
    assert unfit == ([0, 2], [])
    assert len(messages) == 2


@pytest.mark.parametrize("with_keys", [True, False])
def test_a_message_may_have_as_many_bytes_as_the_limit(native, with_keys):
    table, scores = filled(native, 2, ["é" * 9, ""]), floats(0.5, 0.5)
    long, short = encode(native, table, scores)[0]
    size = len(long[1]) + (len(long[0].encode()) if with_keys else 0)
    assert encode(native, table, scores, limit=size, with_keys=with_keys)[1] == ([], [])
    messages, unfit = encode(native, table, scores, limit=size - 1, with_keys=with_keys)
    assert (list(messages), unfit) == ([short], ([], [0]))


def test_a_row_with_both_faults_counts_once_as_without_score(native):
    assert encode(native, filled(native, 1), floats(math.nan), limit=0)[1] == ([0], [])


def test_messages_are_added_to_those_that_are_there(native):
    messages, table = native.Messages(), filled(native, 2)
    for _ in range(3):
        table.encode(floats(1, 2), 1, (), None, SCORED_AT, NO_LIMIT, True, messages)
    assert [body for _, body in messages][:2] * 3 == [body for _, body in messages]


def test_a_table_without_rows_gives_no_messages(native):
    messages, unfit = encode(native, native_rows.table(native), b"")
    assert (list(messages), unfit) == ([], ([], []))


@pytest.mark.parametrize(
    ("scores", "classes", "labels", "limit", "error"),
    [
        (floats(1), 1, (), 9, "scores: expected 2 x 1 float32, got 4 bytes"),
        (floats(1, 2, 3), 1, (), 9, "scores: expected"),
        (floats(1, 2), 2, (), 9, "scores: expected"),
        (floats(1, 2)[:-1], 1, (), 9, "scores: expected"),
        (b"", 0, (), 9, "scores: expected"),
        (b"", -1, (), 9, "scores: expected"),
        (b"", 2**62, (), 9, "scores: expected"),
        (b"", 2**61, (), 9, "scores: expected"),
        (floats(1, 2), 1, ("a",), 9, "labels: expected none or 2, got 1"),
        (floats(*range(6)), 3, ("a", "b"), 9, "labels: expected none or 3, got 2"),
        (floats(1, 2), 1, (), -1, "limit: expected"),
    ],
)
def test_what_does_not_fit_the_rows_is_refused(native, scores, classes, labels, limit, error):
    messages = native.Messages()
    with pytest.raises(ValueError, match=error):
        filled(native, 2).encode(scores, classes, labels, None, SCORED_AT, limit, True, messages)
    assert len(messages) == 0


@pytest.mark.parametrize(
    "changes", [{"labels": (1, 2)}, {"labels": None}, {"threshold": "x"}, {"messages": []}, {"scored_at": 5}]
)
def test_arguments_of_other_types_are_refused(native, changes):
    request = {
        "scores": floats(1),
        "classes": 1,
        "labels": BINARY.labels,
        "threshold": 0.5,
        "scored_at": SCORED_AT,
        "limit": NO_LIMIT,
        "with_keys": True,
        "messages": native.Messages(),
    }
    with pytest.raises(TypeError):
        filled(native, 1).encode(**request | changes)
