"""A message counts as sent where the sink's answer says so, and nowhere else, whatever the answer is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sinks.kinesis import KinesisSink
from sinks.messages import Message
from sinks.sns import SnsSink
from sinks.sqs import SqsSink
from tests.fakes.sink import send
from tests.fakes.two_steps import TwoSteps
from tests.property.budget import budget

COUNT = 4
MESSAGES = [Message(f"key-{i}", b"%d" % i) for i in range(COUNT)]

# Drawn out of prepared parts: ten times cheaper than to draw each member.
RESULTS = [
    {name: value for name, value in (("SequenceNumber", number), ("ErrorCode", code)) if value is not None}
    for number in (None, "", "4959")
    for code in (None, "", "InternalFailure")
]
results = st.sampled_from(RESULTS)
kinesis_answers = st.tuples(
    st.sampled_from([None, *range(COUNT + 2)]),
    st.none() | st.lists(results, max_size=COUNT + 1) | st.tuples(*[results] * COUNT),
)
NAMED = [{}, *({"Id": name} for name in ("0", "1", "2", "3", "4", "00", "-1", "x", ""))]
named = st.none() | st.lists(st.sampled_from(NAMED), max_size=6)


def answer_of(**members: Any) -> dict[str, Any]:
    """An answer without the members that are None."""
    return {name: value for name, value in members.items() if value is not None}


class Client:
    """Answers every call alike."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.put_records = self.publish_batch = self.send_message_batch = lambda **_: answer


@given(kinesis_answers, st.booleans())
@budget("answers of Kinesis")
def test_kinesis_has_a_record_where_a_sequence_number_stands_in_its_place(drawn, cbor):
    answer = answer_of(FailedRecordCount=drawn[0], Records=drawn[1])
    not_acknowledged = send(KinesisSink(TwoSteps(Client(answer)), "arn", cbor), MESSAGES)

    found = answer.get("Records") or []
    sound = len(found) == COUNT
    in_place = [
        bool(found[i].get("SequenceNumber")) and not found[i].get("ErrorCode") if sound else False for i in range(COUNT)
    ]
    if answer.get("FailedRecordCount", 0) > in_place.count(False):
        in_place = [False] * COUNT  # some failed of which the results say nothing
    assert not_acknowledged == [i for i in range(COUNT) if not in_place[i]]


@given(named, named, st.sampled_from([SnsSink, SqsSink]))
@budget("answers of SNS and SQS")
def test_sns_and_sqs_have_a_message_that_is_named_as_successful_alone(successful, failed, make):
    answer = answer_of(Successful=successful, Failed=failed)
    not_acknowledged = send(make(TwoSteps(Client(answer)), "target"), MESSAGES)

    successful = [entry.get("Id") for entry in answer.get("Successful") or []]
    failed = [entry.get("Id") for entry in answer.get("Failed") or []]
    assert not_acknowledged == [i for i in range(COUNT) if str(i) not in successful or str(i) in failed]
