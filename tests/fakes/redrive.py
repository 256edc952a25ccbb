"""A stack in memory in which events fail, and a redrive that brings them back through the real pipeline."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from millrace.accounting.account import Found
from millrace.accounting.failures import Failures
from millrace.redrive import DEAD_LETTERS, ON_FAILURE, QUARANTINE, Place, Redrive, RedriveResult, Selection
from model_store.artifact import Artifact
from records.faults import ScorerError
from tests.fakes import envelopes
from tests.fakes.bucket import FakeBucket, FakeQueue
from tests.fakes.envelopes import read
from tests.fakes.scorer import FakeScorer
from tests.fakes.stack import outputs

EVERYWHERE = Selection(origins=frozenset({QUARANTINE, ON_FAILURE, DEAD_LETTERS}))
URL = "https://sqs.test/letters"

# What a call does before the function is run: nothing; or it raises, or answers in the function's place.
Trouble = Callable[[list[dict[str, Any]]], dict[str, Any] | None]


class FakeFunction:
    """A Lambda client that follows `troubles` call by call, then runs the scorer; `sizes` are the calls' records."""

    def __init__(self, scorer: FakeScorer) -> None:
        self.scorer, self.sizes = scorer, list[int]()
        self._troubles: Iterator[Trouble] = iter(())

    def trouble(self, *troubles: Trouble) -> None:
        self._troubles = iter(troubles)

    def invoke(self, *, FunctionName: str, Qualifier: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, Qualifier, InvocationType) == ("scorer", "live", "RequestResponse")
        assert len(Payload) < 6_000_000, "a limit of Lambda"
        request = json.loads(Payload)
        records = request["Records"]
        self.sizes.append(len(records))
        trouble = next(self._troubles, None)
        instead = trouble(records) if trouble else None
        if instead is not None:
            return instead
        try:
            return answered(self.scorer.run(request)[0])
        except ScorerError as error:
            return failed(type(error).__name__)


def answered(payload: Any) -> dict[str, Any]:
    return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(payload).encode())}


def failed(kind: str) -> dict[str, Any]:
    return answered({"errorType": kind, "errorMessage": "why"}) | {"FunctionError": "Unhandled"}


class Lab:
    """Puts events where failed ones lie, redrives them, and looks where they are. Its `outputs` and `client` are a
    stack's."""

    def __init__(self, artifact: Artifact, clients: Mapping[str, Any] | None = None, queue_url: str = URL) -> None:
        self.s3: Any = clients["s3"] if clients else FakeBucket()
        self.scorer = FakeScorer(artifact, s3=self.s3)
        self.clock, self.sink = self.scorer.clock, self.scorer.sink
        self.sqs: Any = clients["sqs"] if clients else FakeQueue(self.clock)
        self.function = FakeFunction(self.scorer)
        self.clients = {"s3": self.s3, "sqs": self.sqs, "lambda": self.function}
        self.outputs = outputs(dead_letter_queue_url=queue_url)

    def client(self, service: str) -> Any:
        return self.clients[service]

    def redrive(self, **changes: Any) -> Redrive:
        settings: dict[str, Any] = {
            "s3": self.s3,
            "sqs": self.sqs,
            "function": self.function,
            "place": Place.of(self.outputs),
            "clock": self.clock,
            "sleep": self.clock.sleep,
            "random": lambda: 0.5,
        }
        return Redrive(**settings | changes)

    def run(self, selection: Selection = EVERYWHERE, *, chunk_records: int = 1_000, **options: Any) -> RedriveResult:
        self.clock.now += 1
        return self.redrive(chunk_records=chunk_records).run(selection, **options)

    def put(self, key: str, body: bytes | str) -> None:
        body = body.encode() if isinstance(body, str) else body
        self.s3.put_object(Bucket="failures", Key=key, Body=body)

    def give_up(self, event: dict[str, Any], number: int = 0, member: str = "payload") -> list[str]:
        """Put a batch where Lambda puts it; its prediction ids."""
        batch = json.dumps(event) if member == "payload" else event
        condition = "RetryAttemptsExhausted" if member == "payload" else "RetriesExhausted"
        self.put(
            f"aws/lambda/mapping/{number:06}.json",
            json.dumps({"requestContext": {"condition": condition}, "timestamp": "then", member: batch}),
        )
        return ids(event)

    def letter(self, number: int = 0, body: str | None = None) -> str:
        """Put a notification into the dead-letter queue; its prediction id."""
        notification = envelopes.notification(envelopes.event(number), number)
        self.sqs.send_message(
            QueueUrl=self.outputs["sources"]["event_topic"]["dead_letter_queue_url"],
            MessageBody=json.dumps(notification) if body is None else body,
        )
        return ids(envelopes.sqs(notification))[0]

    def quarantine(self, *payloads: Any, first: int = envelopes.FIRST_SEQUENCE) -> list[str]:
        """Quarantine events, by scoring what cannot be scored; their prediction ids."""
        before = len(self.predicted())
        event = envelopes.kinesis(*payloads, first=first)
        self.scorer.run(event)
        assert len(self.predicted()) == before, "expected events that cannot be scored"
        return ids(event)

    def keys(self, prefix: str) -> list[str]:
        """Of all objects but the lease."""
        found, token = [], {}
        while True:
            page = self.s3.list_objects_v2(Bucket="failures", Prefix=prefix, **token)
            found += [item["Key"] for item in page.get("Contents", []) if not item["Key"].endswith("lease.json")]
            if not page["IsTruncated"]:
                return found
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def body(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket="failures", Key=key)["Body"].read()
        return content

    def lines(self, prefix: str) -> list[dict[str, Any]]:
        return [json.loads(line) for key in self.keys(prefix) for line in self.body(key).splitlines()]

    def found(self) -> Found:
        found = Found()
        Failures(self).add_to(found)  # type: ignore[arg-type]
        return found

    def predicted(self) -> list[str]:
        return [prediction["prediction_id"] for prediction in self.scorer.predictions]


def ids(event: dict[str, Any]) -> list[str]:
    return [record.prediction_id for record in read(event).records]


def batch(count: int, first: int = envelopes.FIRST_SEQUENCE) -> dict[str, Any]:
    """A Kinesis batch of good events."""
    return envelopes.kinesis(*(envelopes.event(i) for i in range(count)), first=first)
