"""The scorer and the redrive made wrong on purpose, each in one way: the simulation must notice every one.

A mutant patches the real code for as long as its context lasts. What it does is its docstring.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import replace
from functools import partial
from typing import Any

import millrace.redrive.function as redrive_function
import scoring.score as scoring
import sinks.publisher as publisher
from model_store import verify
from model_store.errors import ModelStoreError
from model_store.release import Release
from records import kpl
from records.delivered import Delivered
from records.faults import Code, Fault
from records.identity import prediction_id
from records.record import Record
from records.rejected import Rejected
from records.timestamps import timestamp
from scorer.pipeline import Pipeline
from scoring.engine import reference
from scoring.engine.protocols import Engine, Table
from scoring.outcome import Outcome
from scoring.predictions import Encoder
from serving.models import Models, ModelUnavailable, Serving
from serving.poll import ReleasePoll
from sinks.errors import SinkRefused, SinkUnavailable
from sinks.kinesis import KinesisSink
from sinks.publisher import Publisher
from sinks.quarantine import Quarantine
from sinks.sns import SnsSink
from sinks.sqs import SqsSink
from sources import redrive as redriven
from sources.batch import Batch
from sources.errors import RecordsNotPublished
from telemetry.batch_report import BatchReport
from tests.simulation import models
from tests.simulation.ledger import ID

type Mutant = Callable[[], Any]
MUTANTS: dict[str, Mutant] = {}
_SINKS = (KinesisSink, SnsSink, SqsSink)


def mutant(function: Callable[[], Iterator[None]]) -> Callable[[], Any]:
    """Register a mutant under its function's name."""
    context = contextmanager(function)
    MUTANTS[function.__name__.replace("_", " ")] = context
    return context


@contextmanager
def patched(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Replace `owner.name` by what `make` makes of it."""
    original = vars(owner)[name]
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


# Publisher and sinks


@contextmanager
def _send(wrong: Callable[[Any, Any, Any], list[int]], *classes: Any) -> Iterator[None]:
    """What every sink's `begin` gives, replaced by `wrong(send, sink, messages)`: `send` is both of its steps."""

    def make(begin: Any) -> Any:
        def send(sink: Any, messages: Any) -> Any:
            return begin(sink, messages)()

        return lambda sink, messages: lambda: wrong(send, sink, messages)

    with ExitStack() as stack:
        for owner in classes or _SINKS:
            stack.enter_context(patched(owner, "begin", make))
        yield


@mutant
def swallow_the_sinks_exception() -> Iterator[None]:
    """A call to the sink that failed as a whole counts as sent."""

    def send(send: Any, sink: Any, messages: Any) -> list[int]:
        try:
            return send(sink, messages)  # type: ignore[no-any-return]
        except (SinkUnavailable, SinkRefused):
            return []

    with _send(send):
        yield


@mutant
def ignore_failed_record_count() -> Iterator[None]:
    """PutRecords answered, so all of its entries count as sent."""
    with _send(lambda send, sink, messages: send(sink, messages) and [], KinesisSink):
        yield


@mutant
def ignore_failed_of_sns_and_sqs() -> Iterator[None]:
    """The batch call answered, so all of its entries count as sent."""
    with _send(lambda send, sink, messages: send(sink, messages) and [], SnsSink, SqsSink):
        yield


@mutant
def resend_everything() -> Iterator[None]:
    """One entry failed, so the whole call is sent again."""
    with _send(lambda send, sink, messages: send(sink, messages) and list(range(len(messages)))):
        yield


@mutant
def resend_the_entry_behind() -> Iterator[None]:
    """The indices of failed entries are off by one."""

    def send(send: Any, sink: Any, messages: Any) -> list[int]:
        return [min(i + 1, len(messages) - 1) for i in send(sink, messages)]

    with _send(send):
        yield


@mutant
def take_a_timeout_for_a_success() -> Iterator[None]:
    """A call that timed out counts as sent: it may have been."""

    def send(send: Any, sink: Any, messages: Any) -> list[int]:
        try:
            return send(sink, messages)  # type: ignore[no-any-return]
        except SinkUnavailable as failure:
            if "TimedOut" in str(failure):
                return []
            raise

    with _send(send):
        yield


@mutant
def drop_the_calls_that_were_not_made() -> Iterator[None]:
    """When a round ends early, at the deadline or at an error, the calls behind it are forgotten."""
    with patched(publisher, "_flat", lambda _: lambda calls: []):
        yield


@mutant
def give_up_in_silence() -> Iterator[None]:
    """What is unpublished when the time is up counts as published."""
    with patched(Publisher, "publish", lambda publish: lambda *a: publish(*a) and []):
        yield


@mutant
def publish_under_the_prediction_id() -> Iterator[None]:
    """The sink's partition key is the prediction's id, and not the event's own key."""
    with patched(reference, "Message", lambda message: lambda key, body: message(body[ID].decode(), body)):
        yield


# Partial batch responses


@contextmanager
def _response(wrong: Callable[..., Any]) -> Iterator[None]:
    """`Batch.respond` replaced by `wrong(respond, batch, delivered)`."""
    with patched(Batch, "respond", lambda respond: lambda batch, delivered: wrong(respond, batch, delivered)):
        yield


def _kinesis_only(choose: Callable[[set[str]], str]) -> Callable[..., Any]:
    def wrong(respond: Any, batch: Batch, delivered: Delivered) -> Any:
        if not delivered.failed or batch.source.name != "kinesis":
            return respond(batch, delivered)
        return {"batchItemFailures": [{"itemIdentifier": choose({one.delivery_id for one in delivered.failed})}]}

    return wrong


@mutant
def report_the_highest_sequence_number() -> Iterator[None]:
    """Of the failed records the last is reported, and those before it count as done."""
    with _response(_kinesis_only(lambda failed: max(failed, key=int))):
        yield


@mutant
def compare_sequence_numbers_as_text() -> Iterator[None]:
    """`min` without `key=int`: 100 comes before 99."""
    with _response(_kinesis_only(min)):
        yield


@mutant
def report_the_record_behind() -> Iterator[None]:
    """The checkpoint is put one record behind the first that failed."""
    with _response(_kinesis_only(lambda failed: str(min(map(int, failed)) + 1))):
        yield


@mutant
def respond_with_a_misspelt_key() -> Iterator[None]:
    """`batchItemFailure`, without the s."""

    def wrong(response: Any, *arguments: Any) -> Any:
        answer = response(*arguments)
        return {"batchItemFailure": answer.pop("batchItemFailures")} | answer

    with _response(wrong):
        yield


@mutant
def leave_a_failed_record_out_of_the_response() -> Iterator[None]:
    """The record counts as failed, and the source never hears of it."""
    with _response(lambda respond, batch, got: respond(batch, replace(got, failed=got.failed[1:]))):
        yield


@mutant
def swallow_what_was_not_published_directly() -> Iterator[None]:
    """Direct delivery has no partial response, so a failure is answered with an empty one."""

    def wrong(response: Any, *arguments: Any) -> Any:
        try:
            return response(*arguments)
        except RecordsNotPublished:
            return {"batchItemFailures": []}

    with _response(wrong):
        yield


# Quarantine


@mutant
def drop_the_quarantines_result() -> Iterator[None]:
    """Records that S3 did not take count as quarantined."""
    with patched(Quarantine, "put", lambda put: lambda *a: put(*a) and []):
        yield


@mutant
def quarantine_for_want_of_a_model() -> Iterator[None]:
    """Without a model, good events go to quarantine instead of being delivered again."""

    def make(settle: Any) -> Any:
        def lenient(self: Pipeline, batch: Batch, deadline: Any) -> Any:
            try:
                return settle(self, batch, deadline)
            except ModelUnavailable:
                rejected = [Rejected(r, r.fault or Fault(Code.INVALID_JSON, "", "no model")) for r in batch.records]
                unkept = self._delivery._quarantine.put(rejected, self._clock(), deadline)  # type: ignore[attr-defined]
                return Delivered(unkept), BatchReport()

        return lenient

    with patched(Pipeline, "_settle", make):
        yield


@mutant
def quarantine_what_the_sink_refuses() -> Iterator[None]:
    """Predictions that could not be published go to quarantine, good as their events are."""

    def make(put: Any) -> Any:
        def wrong(self: Quarantine, rejected: Any, now: float, deadline: Any) -> Any:
            return put(self, [*rejected, *_unpublished], now, deadline)

        return wrong

    def publishing(publish: Any) -> Any:
        def wrong(self: Publisher, messages: Any, deadline: Any) -> Any:
            failed = publish(self, messages, deadline)
            _unpublished[:] = [Rejected(_scored[0].record(i), _REFUSED) for i in failed]
            return []

        return wrong

    def encoding(encode: Any) -> Any:
        def remember(outcome: Outcome, *arguments: Any) -> Any:
            _scored[:] = [outcome]
            return encode(outcome, *arguments)

        return remember

    _scored: list[Any] = []
    _unpublished: list[Rejected] = []
    with (
        patched(Quarantine, "put", make),
        patched(Publisher, "publish", publishing),
        patched(Outcome, "encode", encoding),
    ):
        yield


_REFUSED = Fault(Code.PREDICTION_TOO_LARGE, "", "the sink refused it")


@mutant
def name_quarantine_objects_by_the_clock() -> Iterator[None]:
    """The same batch gets another object at each delivery."""
    seconds = Counter[str]()

    def make(key: Any) -> Any:
        def wrong(self: Quarantine, records: Any) -> str:
            name: str = key(self, records)
            seconds[name] += 1
            return f"{name}-{seconds[name]}"

        return wrong

    with patched(Quarantine, "_key", make):
        yield


@mutant
def fail_the_batch_for_a_faulty_event() -> Iterator[None]:
    """A bad event raises out of the handler instead of going to quarantine."""

    def make(tabulate: Any) -> Any:
        def wrong(batch: Batch, serving: Serving, engine: Engine) -> Any:
            tables, rejected = tabulate(batch, serving, engine)
            if rejected:
                raise ValueError(rejected[0].fault.code)
            return tables, rejected

        return wrong

    with patched(scoring, "tabulate", make):
        yield


@mutant
def skip_faulty_events() -> Iterator[None]:
    """A bad event is logged and forgotten."""
    with patched(Quarantine, "put", lambda _: lambda *a: []):
        yield


# Identity and predictions


@contextmanager
def _identity(parts: Callable[[Record], list[str]]) -> Iterator[None]:
    """Prediction ids made of other parts."""

    def make(init: Any) -> Any:
        def wrong(self: Record, *places: Any, **names: Any) -> None:
            init(self, *places, **names)
            self.prediction_id = prediction_id(self.model, parts(self))

        return wrong

    with patched(Record, "__init__", make):
        yield


@mutant
def forget_the_subsequence_number() -> Iterator[None]:
    """All user records of an aggregate have one prediction id."""
    with _identity(lambda r: [r.arn, r.shard, r.position] if r.shard else [r.arn, r.position]):
        yield


@mutant
def forget_the_shard() -> Iterator[None]:
    """The prediction id leaves the shard out."""
    with _identity(lambda r: [r.arn, r.position, *([] if r.subsequence is None else [str(r.subsequence)])]):
        yield


@contextmanager
def _encode(change: Callable[..., bytes]) -> Iterator[None]:
    """Predictions changed: `change(body, encoder, record, scored_at)`."""

    def make(encode: Any) -> Any:
        def wrong(self: Encoder, record: Record, event_id: str, scores: Any, scored_at: float) -> bytes:
            return change(encode(self, record, event_id, scores, scored_at), self, record, scored_at)

        return wrong

    with patched(Encoder, "encode", make):
        yield


@mutant
def put_the_model_into_the_id() -> Iterator[None]:
    """After a swap, a record that comes again has another prediction id."""

    def change(body: bytes, encoder: Encoder, *_: Any) -> bytes:
        id = hashlib.sha256(body[ID] + encoder.model.encode()).hexdigest().encode()
        return body[: ID.start] + id + body[ID.stop :]

    with _encode(change):
        yield


@mutant
def say_scored_at_before_the_source() -> Iterator[None]:
    """Copies of a prediction differ in the middle."""

    def change(body: bytes, encoder: Encoder, record: Record, scored_at: float) -> bytes:
        return body.replace(b',"source":', f',"scored_at":"{timestamp(scored_at)}","source":'.encode())

    with _encode(change):
        yield


@mutant
def count_the_deliveries_in_the_prediction() -> Iterator[None]:
    """A redelivered record gives a prediction that says so."""
    seen = Counter[bytes]()

    def change(body: bytes, *_: Any) -> bytes:
        seen[body[ID]] += 1
        return body.replace(b'"source":{', b'"source":{"delivery":%d,' % seen[body[ID]])

    with _encode(change):
        yield


# Models


@mutant
def use_the_first_variant_after_a_retry() -> Iterator[None]:
    """A record that comes again is scored by the champion, whatever its key says."""
    seen: set[str] = set()

    def make(tabulate: Any) -> Any:
        def wrong(batch: Batch, serving: Serving, engine: Engine) -> Any:
            first = batch.records_of(0)[0].prediction_id
            if first in seen:
                serving = replace(serving, release=replace(serving.release, share=0.0))
            seen.add(first)
            return tabulate(batch, serving, engine)

        return wrong

    with patched(scoring, "tabulate", make):
        yield


@mutant
def choose_the_variant_at_random() -> Iterator[None]:
    """The variant is drawn for each record and not by its key."""
    turns = iter(range(10**9))

    def make(variant: Any) -> Any:
        return lambda release, key: variant(release, f"{key} {next(turns)}")

    with patched(Release, "variant", make):
        yield


@mutant
def swap_the_model_inside_a_batch() -> Iterator[None]:
    """The first half of a batch is scored by the release that served before."""
    served: list[Any] = []

    def make(tabulate: Any) -> Any:
        def wrong(batch: Batch, serving: Serving, engine: Engine) -> Any:
            before = served[-1] if served else serving
            served[:] = [serving]
            half = len(batch.envelopes) // 2
            first = replace(batch, envelopes=batch.envelopes[:half])
            second = replace(batch, envelopes=batch.envelopes[half:])
            old, new = tabulate(first, before, engine), tabulate(second, serving, engine)
            return old[0] + new[0], old[1] + new[1]

        return wrong

    with patched(scoring, "tabulate", make):
        yield


@mutant
def misalign_the_rows_after_a_fault() -> Iterator[None]:
    """Where a batch had a faulty event, scores go to the record behind their own."""

    def make(tabulate: Any) -> Any:
        def wrong(batch: Batch, serving: Serving, engine: Engine) -> Any:
            tables, rejected = tabulate(batch, serving, engine)
            if rejected:
                for table in tables:
                    table.predict = partial(misaligned, table, table.predict)
            return tables, rejected

        return wrong

    def misaligned(table: Table, predict: Callable[[], None]) -> None:
        predict()
        one = table.variant.classes
        table.scores = table.scores[one:] + table.scores[:one]

    with patched(scoring, "tabulate", make):
        yield


@mutant
def take_any_model_that_loads() -> Iterator[None]:
    """The golden rows are not checked."""
    models.forget_verified()
    with patched(verify, "_check_golden_rows", lambda _: lambda *a: None):
        yield
    models.forget_verified()


@mutant
def drop_the_good_release_for_a_bad_one() -> Iterator[None]:
    """A release that is refused leaves the scorer without a model."""

    def make(fail: Any) -> Any:
        def wrong(self: Models, error: Exception, seconds: float) -> None:
            fail(self, error, seconds)
            if isinstance(error, ModelStoreError):
                self._serving = None

        return wrong

    with patched(Models, "_fail", make):
        yield


@mutant
def have_nothing_to_fall_back_on() -> Iterator[None]:
    """A new container that refuses the release has no model, though the release names the champion before."""
    with patched(Models, "_fall_back", lambda _: lambda *a: None):
        yield


@mutant
def never_look_for_a_new_release() -> Iterator[None]:
    """The first release serves for ever."""
    with patched(ReleasePoll, "begin", lambda _: lambda *a: None):
        yield


# Sources


@mutant
def drop_the_last_user_record() -> Iterator[None]:
    """De-aggregation loses one record of each aggregate."""
    with patched(kpl, "deaggregate", lambda deaggregate: lambda data: deaggregate(data)[:-1]):
        yield


@mutant
def take_an_aggregate_apart_twice() -> Iterator[None]:
    """De-aggregation gives each user record twice."""
    with patched(kpl, "deaggregate", lambda deaggregate: lambda data: deaggregate(data) * 2):
        yield


# Redrive


@mutant
def believe_that_all_was_redriven() -> Iterator[None]:
    """The redrive takes away what the scorer reported as failed, too."""

    def make(add: Any) -> Any:
        return lambda answer, part, told: add(answer, part, told | {"batchItemFailures": []})

    with patched(redrive_function, "_add", make):
        yield


@mutant
def redrive_without_the_subsequence_number() -> Iterator[None]:
    """User records of an aggregate come back under the id of the whole."""

    def make(record: Any) -> Any:
        def wrong(source: dict[str, Any], *rest: Any) -> Record:
            whole = {name: value for name, value in source.items() if name != "subsequence"}
            return record(whole, *rest)  # type: ignore[no-any-return]

        return wrong

    with patched(redriven, "_record", make):
        yield


@mutant
def redrive_as_if_it_were_new() -> Iterator[None]:
    """Redriven records get another arrival time than they had."""

    def make(enveloped: Any) -> Any:
        def wrong(source: dict[str, Any], *rest: Any) -> Any:
            return enveloped(source | {"arrived_at": "2026-01-01T00:00:00.000Z"}, *rest)

        return wrong

    with patched(redriven, "enveloped", make):
        yield
