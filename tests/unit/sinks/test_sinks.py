import base64
import contextlib
import gzip
import io
import itertools
import json
import re
from pathlib import Path
from types import SimpleNamespace

import botocore
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

import native
from aws_client.errors import ConnectionLost, NotConfigured, TimedOut, Unreadable
from records.settings import ConfigInvalid
from sinks.dynamodb import DynamoDbSink, item
from sinks.errors import SinkRefused, SinkUnavailable
from sinks.eventbridge import EventBridgeSink
from sinks.firehose import FirehoseSink
from sinks.kinesis import KinesisSink
from sinks.messages import Call, Message, MessageList
from sinks.publisher import Publisher
from sinks.sns import SnsSink
from sinks.sqs import SqsSink
from tests.fakes.clock import FakeClock
from tests.fakes.s3 import client_error
from tests.fakes.sink import configured, send
from tests.fakes.two_steps import TwoSteps

MESSAGES = [Message(f"key-{i}", b'{"score":%d}' % i) for i in range(3)]
MIB, KIB = 1024 * 1024, 1024


class OneStep:
    """A client whose sending calls all do the same: answer, or raise."""

    def __init__(self, answer):
        self.answer, self.calls = answer, []

    def put_records(self, **arguments):
        self.calls.append(arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    publish_batch = send_message_batch = put_record_batch = put_events = put_item = put_records


class FakeClient(TwoSteps):
    """The same in two steps."""

    def __init__(self, answer):
        super().__init__(OneStep(answer))


SINKS = {
    "kinesis": KinesisSink,
    "sns": SnsSink,
    "sqs": SqsSink,
    "firehose": FirehoseSink,
    "eventbridge": EventBridgeSink,
    "dynamodb": DynamoDbSink,
}
# A table takes one a call.
SERVICES = {"eventbridge": "events"}  # where botocore's name is another
COUNTED = {
    FirehoseSink: ("RequestResponses", "RecordId", "FailedPutCount"),
    EventBridgeSink: ("Entries", "EventId", "FailedEntryCount"),
}
each_counted = pytest.mark.parametrize("make", COUNTED)
each_sink = pytest.mark.parametrize("make", SINKS.values(), ids=SINKS.keys())


def test_predictions_reach_a_stream_under_their_own_keys(aws):
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="predictions", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="predictions")["StreamDescription"]["StreamARN"]
    assert send(configured("kinesis", arn, aws), MESSAGES) == []
    shard = kinesis.list_shards(StreamName="predictions")["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName="predictions", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [(record["PartitionKey"], record["Data"]) for record in records] == MESSAGES


def test_predictions_reach_a_queue(aws):
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="predictions")["QueueUrl"]
    assert send(configured("sqs", url, aws), MESSAGES) == []
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"].encode() for message in received] == [message.body for message in MESSAGES]


def test_predictions_reach_a_topic(aws):
    sns, sqs = aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="predictions")["TopicArn"]
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    assert send(configured("sns", topic, aws), MESSAGES) == []
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"].encode() for message in received) == [message.body for message in MESSAGES]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("kinesis", "arn:aws:kinesis:eu-central-1:123456789012:stream/none"),
        ("sns", "arn:aws:sns:eu-central-1:123456789012:none"),
        ("sqs", "https://sqs.eu-central-1.amazonaws.com/123456789012/none"),
        ("firehose", "arn:aws:firehose:eu-central-1:123456789012:deliverystream/none"),
        ("dynamodb", "arn:aws:dynamodb:eu-central-1:123456789012:table/none"),
    ],
)
def test_a_sink_that_does_not_exist_refuses(aws, kind, target):
    with pytest.raises(SinkRefused):
        send(configured(kind, target, aws), MESSAGES)


def test_kinesis_tells_the_failed_entries_on_http_200():
    records = [{"SequenceNumber": "1"}, {"ErrorCode": "ProvisionedThroughputExceededException"}, {"ErrorCode": "X"}]
    client = FakeClient({"FailedRecordCount": 2, "Records": records})
    assert send(KinesisSink(client, "arn"), MESSAGES) == [1, 2]


@pytest.mark.parametrize("make", [SnsSink, SqsSink])
def test_sns_and_sqs_tell_the_failed_entries_on_http_200(make):
    messages = [Message("k", b"%d" % i) for i in range(10)]
    successful = [{"Id": f"{i}", "MessageId": "m"} for i in (8, 0, 1, 3, 4, 5, 6, 7)]
    client = FakeClient({"Successful": successful, "Failed": [{"Id": "9"}, {"Id": "2"}]})
    assert send(make(client, "target"), messages) == [2, 9]


KEPT, FAILED = {"SequenceNumber": "1", "ShardId": "s"}, {"ErrorCode": "InternalFailure"}
ALL = [0, 1, 2]


def renamed(answer, results, identifier, failures):
    """An answer of Kinesis with the members of another service."""
    names = {"Records": results, "SequenceNumber": identifier, "FailedRecordCount": failures}
    if isinstance(answer, dict):
        return {names.get(name, name): renamed(value, results, identifier, failures) for name, value in answer.items()}
    return [renamed(one, results, identifier, failures) for one in answer] if isinstance(answer, list) else answer


KINESIS_ANSWERS = [
    pytest.param({}, ALL, id="no member at all"),
    pytest.param({"FailedRecordCount": 0, "Records": None}, ALL, id="no results"),
    pytest.param({"FailedRecordCount": 0, "Records": [KEPT, KEPT]}, ALL, id="fewer results: which is whose?"),
    pytest.param({"FailedRecordCount": 0, "Records": [KEPT] * 4}, ALL, id="more results"),
    pytest.param({"FailedRecordCount": 0, "Records": [KEPT, FAILED, KEPT]}, [1], id="count too low"),
    pytest.param({"FailedRecordCount": 2, "Records": [KEPT, FAILED, KEPT]}, ALL, id="count too high"),
    pytest.param({"FailedRecordCount": 1, "Records": [KEPT] * 3}, ALL, id="count without a failed result"),
    pytest.param({"Records": [KEPT, FAILED, KEPT]}, [1], id="no count"),
    pytest.param({"FailedRecordCount": 1, "Records": [KEPT, {}, KEPT]}, [1], id="result that says nothing"),
    pytest.param({"FailedRecordCount": 0, "Records": [KEPT, KEPT | FAILED, KEPT]}, [1], id="both"),
]


@pytest.mark.parametrize(("answer", "not_acknowledged"), KINESIS_ANSWERS)
def test_kinesis_has_what_its_answer_says_and_nothing_else(answer, not_acknowledged):
    assert send(KinesisSink(FakeClient(answer), "arn"), MESSAGES) == not_acknowledged


@each_counted
@pytest.mark.parametrize(("answer", "not_acknowledged"), KINESIS_ANSWERS)
def test_firehose_and_eventbridge_have_what_their_answer_says_and_nothing_else(make, answer, not_acknowledged):
    assert send(make(FakeClient(renamed(answer, *COUNTED[make])), "target"), MESSAGES) == not_acknowledged


def ids(*ids):
    return [{"Id": identifier} for identifier in ids]


@pytest.mark.parametrize("make", [SnsSink, SqsSink])
@pytest.mark.parametrize(
    ("answer", "not_acknowledged"),
    [
        pytest.param({}, ALL, id="neither member"),
        pytest.param({"Successful": None, "Failed": None}, ALL, id="both empty"),
        pytest.param({"Failed": ids("1")}, ALL, id="failed alone"),
        pytest.param({"Successful": ids("0", "2")}, [1], id="successful alone"),
        pytest.param({"Successful": ids("0"), "Failed": ids("1")}, [1, 2], id="one not named"),
        pytest.param({"Successful": ids("2", "1", "0"), "Failed": ids("1")}, [1], id="one named in both"),
        pytest.param({"Successful": ids("0", "1", "2"), "Failed": ids("7", "x", "")}, [], id="unknown ones failed"),
        pytest.param({"Successful": ids("0", "7", "x", "01"), "Failed": []}, [1, 2], id="unknown ones successful"),
        pytest.param({"Successful": [{}, {"Id": "1"}]}, [0, 2], id="without an id"),
    ],
)
def test_sns_and_sqs_have_what_their_answer_says_and_nothing_else(make, answer, not_acknowledged):
    assert send(make(FakeClient(answer), "target"), MESSAGES) == not_acknowledged


class Body(io.BytesIO):
    """An HTTP body, as botocore reads one."""

    def stream(self):
        yield self.read()


@pytest.mark.parametrize("kind", SINKS)
@pytest.mark.parametrize(
    "body", [b"", b"OK", b"{", b"{}", b"[]", b"null", b"5", b'"x"', b"<html/>", b"<x", b"\xff"], ids=repr
)
def test_an_answer_on_http_200_that_is_none_acknowledges_nothing(monkeypatch, kind, body):
    """By botocore itself: whatever lies between the scorer and AWS may answer in its place."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    client = botocore.session.get_session().create_client(SERVICES.get(kind, kind), region_name="eu-central-1")
    client.meta.events.register("before-send", lambda request, **_: AWSResponse(request.url, 200, {}, Body(body)))
    targets = {
        "kinesis": "arn:aws:kinesis:eu-central-1:123456789012:stream/x",
        "sns": "arn:x",
        "sqs": "https://x/1/x",
        "firehose": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/x",
        "eventbridge": "arn:aws:events:eu-central-1:123456789012:event-bus/x",
        "dynamodb": "arn:aws:dynamodb:eu-central-1:123456789012:table/x",
    }
    with contextlib.suppress(SinkUnavailable):
        assert send(configured(kind, targets[kind], lambda _: client), MESSAGES) == ALL


@each_sink
@pytest.mark.parametrize(
    "error",
    [
        client_error("ServiceUnavailable", 503),
        client_error("AnythingAtAll", 500),
        client_error("Throttled", 429),
        client_error("ThrottlingException", 400),
        client_error("RequestThrottled", 403),
        client_error("KMS.ThrottlingException", 400),
        ReadTimeoutError(endpoint_url="x"),
        ConnectTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        TimedOut("x"),
        ConnectionLost("x"),
        Unreadable("x"),
    ],
    ids=str,
)
def test_what_may_pass_makes_the_sink_unavailable(make, error):
    with pytest.raises(SinkUnavailable):
        send(make(FakeClient(error), "target"), MESSAGES)


@each_sink
@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDeniedException", 400),
        client_error("AuthorizationError", 403),
        client_error("ResourceNotFoundException", 400),
        client_error("ValidationException", 400),
    ],
    ids=str,
)
def test_what_will_not_pass_makes_the_sink_refuse(make, error):
    with pytest.raises(SinkRefused) as caught:
        send(make(FakeClient(error), "target"), MESSAGES)
    assert error.response["Error"]["Code"] in str(caught.value)


@each_sink
def test_without_credentials_the_sink_refuses(make):
    with pytest.raises(SinkRefused, match="NotConfigured"):
        send(make(FakeClient(NotConfigured("x")), "target"), MESSAGES)


@each_sink
def test_a_failure_that_is_none_of_the_client_is_passed_on(make):
    """Else a mistake of our own would look like a sink in trouble."""
    with pytest.raises(AssertionError):
        send(make(FakeClient(AssertionError("x")), "target"), MESSAGES)


def passing_errors():
    """What the services' own models declare for the three calls and what, by its name, may pass."""
    for service, operation in (
        ("kinesis", "PutRecords"),
        ("sns", "PublishBatch"),
        ("sqs", "SendMessageBatch"),
        ("firehose", "PutRecordBatch"),
        ("dynamodb", "PutItem"),
    ):
        (path,) = Path(botocore.__file__).parent.glob(f"data/{service}/*/service-2.json.gz")
        model = json.loads(gzip.decompress(path.read_bytes()))
        for error in model["operations"][operation]["errors"]:
            shape = model["shapes"][error["shape"]]
            code = shape.get("error", {}).get("code", error["shape"])
            if re.search("Thrott|Internal|ThroughputExceeded|RequestLimit|Unavailable|Conflict", error["shape"]):
                yield pytest.param(SINKS[service], code, id=f"{service} {code}")


@pytest.mark.parametrize(("make", "code"), list(passing_errors()))
def test_every_throttle_that_the_services_declare_may_pass(make, code):
    with pytest.raises(SinkUnavailable):
        send(make(FakeClient(client_error(code, 400)), "target"), MESSAGES)


@pytest.mark.parametrize(
    ("make", "entries", "call", "entry"),
    [
        (KinesisSink, 500, 5 * MIB, MIB),
        (SnsSink, 10, 256 * KIB, 256 * KIB),
        (SqsSink, 10, 256 * KIB, 256 * KIB),
        (FirehoseSink, 500, 3 * MIB - 16 * KIB, 1000 * KIB - 1),
        (EventBridgeSink, 10, 256 * KIB - 180, 256 * KIB - 180),
        (DynamoDbSink, 1, 400 * KIB - 100, 400 * KIB - 100),
    ],
)
def test_the_limits_are_the_services_own(make, entries, call, entry):
    sink = make(FakeClient({}), "target")
    assert (sink.max_entries, sink.max_bytes, sink.max_entry_bytes) == (entries, call, entry)


@each_sink
def test_keys_count_where_they_are_beside_the_prediction(make):
    assert make(FakeClient({}), "target").counts_keys is (make in (KinesisSink, DynamoDbSink))


def test_a_full_call_to_firehose_is_within_the_limit_of_a_request():
    """4 MiB in base64, whatever the number of records."""
    for count in (4, 500):
        size = FirehoseSink.max_bytes // count
        records = [{"Data": base64.b64encode(b"x" * size + b"\n").decode()} for _ in range(count)]
        request = json.dumps({"DeliveryStreamName": "n" * 64, "Records": records}, separators=(",", ":"))
        assert 4 * MIB - 64 * KIB < len(request) <= 4 * MIB


def test_firehose_is_given_lines_and_the_name_of_the_stream():
    client = OneStep({"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"}] * 3})
    assert send(configured("firehose", "arn:aws:firehose:r:1:deliverystream/scores", lambda _: client), MESSAGES) == []
    assert client.calls == [
        {"DeliveryStreamName": "scores", "Records": [{"Data": message.body + b"\n"} for message in MESSAGES]}
    ]


def test_eventbridge_is_given_the_prediction_as_detail():
    client = FakeClient({"FailedEntryCount": 0, "Entries": [{"EventId": "e"}] * 3})
    assert send(EventBridgeSink(client, "arn"), MESSAGES) == []
    fixed = {"EventBusName": "arn", "Source": "millrace", "DetailType": "Prediction"}
    assert client.calls == [{"Entries": [fixed | {"Detail": message.body.decode()} for message in MESSAGES]}]


def predictions(count):
    return [Message(f"key-{i}", b'{"schema_version":2,"prediction_id":"%064x","score":0.5}' % i) for i in range(count)]


@pytest.fixture
def table(aws):
    dynamodb = aws("dynamodb")
    made = dynamodb.create_table(
        TableName="predictions",
        AttributeDefinitions=[{"AttributeName": "prediction_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "prediction_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return made["TableDescription"]["TableArn"]


def test_of_all_copies_of_a_prediction_a_table_keeps_the_first(aws, table):
    first, copy = predictions(3), [Message(key, body.replace(b"0.5", b"0.6")) for key, body in predictions(4)]
    publisher = Publisher(configured("dynamodb", table, aws), in_flight=1)
    deadline = FakeClock().deadline(60)
    assert publisher.publish(MessageList(first), deadline) == []
    assert publisher.publish(MessageList(copy), deadline) == []
    items = aws("dynamodb").scan(TableName="predictions")["Items"]
    found = {item["prediction_id"]["S"]: item["prediction"]["S"].encode() for item in items}
    assert sorted(found.values()) == sorted([*(body for _, body in first), copy[3].body])
    assert {item["partition_key"]["S"] for item in items} == {f"key-{i}" for i in range(4)}


def test_the_largest_item_has_the_size_that_dynamodb_takes():
    """The names of its attributes and their values, in UTF-8."""
    (small,) = predictions(1)
    room = DynamoDbSink.max_entry_bytes - len("kéy".encode()) - len(small.body)
    largest = item(Message("kéy", small.body + b" " * room))
    assert sum(len(name) + len(value["S"].encode()) for name, value in largest.items()) == 400 * KIB


THERE = client_error("ConditionalCheckFailedException", 400)
TAKEN = {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1.0}}


@pytest.mark.parametrize(
    ("answer", "not_acknowledged"),
    [(TAKEN, []), (THERE, []), ({}, [0]), ({"ConsumedCapacity": None}, [0]), ({"ConsumedCapacity": {}}, [0])],
)
def test_a_table_has_what_it_consumed_capacity_for_or_had_already(answer, not_acknowledged):
    assert send(DynamoDbSink(FakeClient(answer), "arn"), MESSAGES[:1]) == not_acknowledged


def test_entry_ids_are_distinct_and_targets_are_passed_on():
    client = FakeClient({})
    send(SqsSink(client, "url"), MESSAGES)
    send(SnsSink(client, "arn"), MESSAGES)
    to_sqs, to_sns = client.calls
    assert (to_sqs["QueueUrl"], to_sns["TopicArn"]) == ("url", "arn")
    for entries in (to_sqs["Entries"], to_sns["PublishBatchRequestEntries"]):
        assert all(a["Id"] != b["Id"] for a, b in itertools.combinations(entries, 2))


def test_there_is_no_other_kind_of_sink(aws):
    with pytest.raises(
        ConfigInvalid, match="TYPE: expected one of kinesis, sns, sqs, firehose, eventbridge, dynamodb, got 'fax'"
    ):
        configured("fax", "target", aws)


class RawClient:
    """Our own client: takes a request's body, and gives the answer as it came."""

    def __init__(self, answer):
        self._answer, self.bodies = answer, []

    def begin_encoded_put_records(self, body, stream_arn, cbor):
        assert not cbor
        self.bodies.append((json.loads(body()), stream_arn))
        return lambda: SimpleNamespace(body=json.dumps(self._answer).encode())

    def answer(self, reply):
        return json.loads(reply.body)


@pytest.fixture
def in_c():
    """The messages of this module as the native engine keeps them."""
    if native.NATIVE is None:
        pytest.skip(f"the native engine was not built: {native.MISSING}")
    messages = native.NATIVE.Messages()
    for message in MESSAGES:
        messages.append(*message)
    return messages


@pytest.mark.parametrize(("answer", "not_acknowledged"), KINESIS_ANSWERS)
def test_a_request_that_the_native_engine_wrote_has_what_its_answer_says(in_c, answer, not_acknowledged):
    client = RawClient(answer)
    assert KinesisSink(client, "arn").begin(Call(in_c, range(len(in_c))))() == not_acknowledged
    ((request, stream_arn),) = client.bodies
    entries = [{"Data": base64.b64encode(body).decode(), "PartitionKey": key} for key, body in MESSAGES]
    assert (request, stream_arn) == ({"StreamARN": "arn", "Records": entries}, "arn")


def test_messages_in_c_reach_a_client_that_takes_entries(in_c):
    client = FakeClient({"FailedRecordCount": 0, "Records": [KEPT]})
    assert KinesisSink(client, "arn").begin(Call(in_c, [1]))() == []
    assert client.calls[0]["Records"] == [{"Data": MESSAGES[1].body, "PartitionKey": "key-1"}]
