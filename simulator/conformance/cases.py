"""The cases: what was recorded of AWS, and what it documents."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..kinesis_mapping import KinesisSettings

# What `responseContext.functionError` says: after an exception, after a response that reports failures, and where there
# is no `responseContext`.
EXCEPTION, REPORTED, ABSENT = "Unhandled", None, "no responseContext"

# The key of an on-failure object in S3. Recorded.
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
FAILURE_KEY = re.compile(
    rf"aws/lambda/{_UUID}/shardId-\d{{12}}/\d{{4}}/\d\d/\d\d/\d{{4}}-\d\d-\d\dT\d\d\.\d\d\.\d\d-{_UUID}"
)

# `ids` and `data` of the batch's records are what a case's expression can use.
_FUNCTION = """\
import base64
import json


def failed(*identifiers):
    return {{"batchItemFailures": [{{"itemIdentifier": identifier}} for identifier in identifiers]}}


def fail():
    raise ValueError("a bad record")


def read(record):
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"], base64.b64decode(record["kinesis"]["data"]).decode()
    return record["messageId"], record["body"]


def handle(event, context):
    ids, data = zip(*map(read, event["Records"]))
    print("SAID", json.dumps(data), flush=True)
    return {response}
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """An on-failure record: its condition, `approximateInvokeCount`, `functionError`, and its records' data.

    `invocations` is None in a case where it is an open question.
    """

    condition: str
    invocations: int | None
    error: str | None
    data: tuple[str, ...]


def failure(key: str, document: Mapping[str, Any]) -> Failure:
    """The parts of an on-failure object in S3 that the cases are about. Raises ValueError for another key."""
    if not FAILURE_KEY.fullmatch(key):
        raise ValueError(f"expected the key of an on-failure object, {FAILURE_KEY.pattern}, got {key}")
    request = document.get("requestContext", {})
    event = json.loads(document["payload"])
    return Failure(
        request.get("condition", "no requestContext"),
        request.get("approximateInvokeCount", 0),
        document["responseContext"].get("functionError", "no functionError")
        if "responseContext" in document
        else ABSENT,
        tuple(base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]),
    )


@dataclass(frozen=True, slots=True)
class StreamObserved:
    """Each invocation's records, in order, and the on-failure records, in order of their first datum."""

    deliveries: tuple[tuple[str, ...], ...]
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueObserved:
    """How often each message was delivered, and which are in the dead-letter queue under the id that they had."""

    deliveries: Mapping[str, int]
    dead: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StreamCase:
    """Records of one shard, in one partition key, all there when the mapping begins to read.

    response : the function's, a Python expression in which `data` and `ids` are the batch's.
    aged : the first so many records are older than the maximum record age when the mapping begins.
    known : where the expectation is from. counted : whether the number of deliveries is part of it; where retries end
    by time, it is not.
    """

    name: str
    known: str
    response: str
    data: tuple[str, ...]
    settings: KinesisSettings
    expected: StreamObserved
    aged: int = 0
    counted: bool = True

    @property
    def function(self) -> str:
        """Source of a function `handle(event, context)`, which prints `SAID <JSON list of data>` for each batch."""
        return _FUNCTION.format(response=self.response)

    def matches(self, seen: StreamObserved) -> bool:
        """Whether what was seen is what AWS does."""
        pairs = zip(seen.failures, self.expected.failures, strict=False)
        failures = tuple(_without_count(one) if due.invocations is None else one for one, due in pairs)
        if len(seen.failures) != len(failures) or failures != self.expected.failures:
            return False
        return seen.deliveries == self.expected.deliveries if self.counted else len(seen.deliveries) >= 1


def _without_count(one: Failure) -> Failure:
    return replace(one, invocations=None)


@dataclass(frozen=True, slots=True)
class QueueCase:
    """Messages of a queue that has a dead-letter queue; the mapping takes partial responses, and batches of ten."""

    name: str
    known: str
    response: str
    data: tuple[str, ...]
    expected: QueueObserved
    max_receive_count: int = 2
    visibility_seconds: int = 10  # longer than a first invocation takes, on a busy machine too

    @property
    def function(self) -> str:
        """As of a StreamCase."""
        return _FUNCTION.format(response=self.response)

    def matches(self, seen: QueueObserved) -> bool:
        """Whether what was seen is what AWS does."""
        return seen == self.expected


RECORDED = "recorded"
DOCUMENTED = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html"
_AGE = 20.0  # seconds, in which young records are read on a busy machine too; AWS takes 60 at least
_REPORT = KinesisSettings(maximum_retry_attempts=2, report_batch_item_failures=True)
_ONE = ("one",)


def _fails(name: str, response: str, error: str | None = REPORTED) -> StreamCase:
    """A response, or an exception, that fails the batch: three deliveries with two retries."""
    expected = StreamObserved((_ONE,) * 3, (Failure("RetryAttemptsExhausted", 3, error, _ONE),))
    return StreamCase(name, RECORDED, response, _ONE, _REPORT, expected)


def _succeeds(name: str, response: str) -> StreamCase:
    return StreamCase(name, RECORDED, response, _ONE, _REPORT, StreamObserved((_ONE,)))


def _aged(name: str, response: str, data: tuple[str, ...], expected: StreamObserved, **more: Any) -> StreamCase:
    settings = KinesisSettings(maximum_retry_attempts=-1, maximum_record_age_seconds=_AGE)
    return StreamCase(name, RECORDED, response, data, settings, expected, **more)


_SIX = ("one", "two", "three", "four", "five", "bad")
_EIGHT = ("0", "1", "2", "3", "4", "bad", "6", "7")

STREAM_CASES = (
    _fails("identifier that is a number", "failed(123)"),
    _fails("identifier that is empty", 'failed("")'),
    _fails("identifier that is null", "failed(None)"),
    _fails("identifier that is an object", "failed({})"),
    _fails("identifier under another key", '{"batchItemFailures": [{"foo": 123}]}'),
    _fails("exception", "fail()", EXCEPTION),
    _succeeds("response that is null", "None"),
    _succeeds("response that is an empty object", "{}"),
    _succeeds("response that is an empty list", "[]"),
    _succeeds("response that is empty text", '""'),
    _succeeds("list of failures that is empty", "failed()"),
    _succeeds("list of failures that is null", '{"batchItemFailures": None}'),
    StreamCase(
        "progress uses no retry",
        RECORDED,
        'failed(ids[-1]) if data[-1] == "bad" else None',
        _SIX,
        KinesisSettings(batch_size=3, maximum_retry_attempts=3, report_batch_item_failures=True),
        StreamObserved(
            (_SIX[:3], _SIX[3:], *[("bad",)] * 4), (Failure("RetryAttemptsExhausted", 4, REPORTED, ("bad",)),)
        ),
    ),
    _aged(
        "expires while it is retried",
        "fail()",
        _ONE,
        StreamObserved((), (Failure("RecordAgeExceeded", 1, ABSENT, _ONE),)),
        counted=False,
    ),
    _aged(
        "expires before the first invocation",
        "None",
        _ONE,
        StreamObserved((), (Failure("RecordAgeExceeded", 1, ABSENT, _ONE),)),
        aged=1,
    ),
    _aged(
        "one record is too old and five are not",
        "None",
        _SIX,
        StreamObserved((_SIX[1:],), (Failure("RecordAgeExceeded", 1, ABSENT, _ONE),)),
        aged=1,
    ),
    StreamCase(
        "lowest of several identifiers",
        DOCUMENTED,
        "failed(ids[4], ids[2], ids[5]) if len(ids) == 6 else None",
        _SIX,
        _REPORT,
        StreamObserved((_SIX, _SIX[2:])),
    ),
    StreamCase(
        "exception bisects and uses no retry",
        DOCUMENTED,
        'fail() if "bad" in data else None',
        _EIGHT,
        KinesisSettings(maximum_retry_attempts=0, bisect_batch_on_function_error=True),
        StreamObserved(
            (_EIGHT, _EIGHT[:4], _EIGHT[4:], _EIGHT[4:6], ("4",), ("bad",), _EIGHT[6:]),
            (Failure("RetryAttemptsExhausted", None, EXCEPTION, ("bad",)),),
        ),
    ),
    StreamCase(
        "partial response splits and uses no retry",
        DOCUMENTED,
        'failed(ids[data.index("bad")]) if data.index("bad") > 0 else None',
        _EIGHT,
        KinesisSettings(maximum_retry_attempts=0, bisect_batch_on_function_error=True, report_batch_item_failures=True),
        StreamObserved((_EIGHT, _EIGHT[5:])),
    ),
)

_TWO = ("good", "bad")
QUEUE_CASES = (
    QueueCase(
        "queue: result that is invalid",
        RECORDED,
        '{"batchItemFailures": [{"foo": "notvalid"}]}',
        _TWO,
        QueueObserved({"good": 2, "bad": 2}, frozenset(_TWO)),
    ),
    QueueCase("queue: result that is empty", RECORDED, "{}", _TWO, QueueObserved({"good": 1, "bad": 1})),
    QueueCase("queue: exception", RECORDED, "fail()", _TWO, QueueObserved({"good": 2, "bad": 2}, frozenset(_TWO))),
    QueueCase(
        "queue: partial response",
        RECORDED,
        'failed(*(i for i, datum in zip(ids, data) if datum == "bad"))',
        _TWO,
        QueueObserved({"good": 1, "bad": 2}, frozenset({"bad"})),
    ),
)
