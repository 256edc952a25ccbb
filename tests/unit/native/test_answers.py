"""Which answers of PutRecords C takes for an acknowledgement of all: none that the reference does not."""

import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_client import cbor
from sinks.put_records import refused

TAKEN = {"SequenceNumber": "4959", "ShardId": "shardId-000000000000"}
WHOLE = {"FailedRecordCount": 0, "EncryptionType": "KMS", "Records": [TAKEN] * 3}
FORMS = {
    "json": lambda answer: json.dumps(answer).encode(),
    "cbor": cbor2.dumps,
    "indefinite cbor": lambda answer: cbor2.dumps(answer, indefinite_containers=True),
}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@each_form
@pytest.mark.parametrize(
    "answer", [WHOLE, WHOLE | {"Records": [TAKEN | {"ErrorCode": None}] * 3}, {"Records": [TAKEN] * 3}], ids=str
)
def test_plain_answers_are_read(native, form, answer):
    assert native.acknowledges(form(answer), 3)
    assert not native.acknowledges(form(answer), 2)
    assert not native.acknowledges(form(answer), 4)
    assert not native.acknowledges(form(answer), 0)


@each_form
@pytest.mark.parametrize(
    "answer",
    [
        WHOLE | {"FailedRecordCount": 1},
        WHOLE | {"Records": [TAKEN, TAKEN, TAKEN | {"ErrorCode": "InternalFailure"}]},
        WHOLE | {"Records": [TAKEN, TAKEN, {"ErrorMessage": "x", **TAKEN}]},
        WHOLE | {"Records": [TAKEN, TAKEN, {}]},
        WHOLE | {"Records": [TAKEN, TAKEN, {"SequenceNumber": ""}]},
        WHOLE | {"Records": [TAKEN, TAKEN, {"SequenceNumber": None}]},
        WHOLE | {"Records": [TAKEN, TAKEN, {"SequenceNumber": 5}]},
        WHOLE | {"Records": None},
        {"FailedRecordCount": 0},
        [],
        0,
        "x",
    ],
    ids=str,
)
def test_others_are_left_to_the_reference_implementation(native, form, answer):
    assert not native.acknowledges(form(answer), 3)


def test_no_part_of_an_answer_is_one(native):
    for form in FORMS.values():
        answer = form(WHOLE)
        assert not any(native.acknowledges(answer[:size], 3) for size in range(len(answer)))
        assert not native.acknowledges(answer + b"\xff", 3)


@given(st.sampled_from(list(FORMS)), st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=3))
def test_what_is_acknowledged_is_so_by_the_reference_implementation(native, form, changes):
    damaged = bytearray(FORMS[form](WHOLE))
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    if native.acknowledges(bytes(damaged), 3):
        read = json.loads(damaged) if damaged[:1] == b"{" else cbor.loads(bytes(damaged))
        assert refused(read, 3) == []
