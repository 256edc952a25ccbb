"""Mutants of what is between the scorer and AWS: networking, calls by bytes, lanes, aggregation, deadlines, shadow.

As in mutants.py, and registered there.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aws_client.s3 as s3_client
import native
import scorer.handler as handler
import scorer.parts as parts
import scoring.score as scoring
import serving.shadow as shadow
import sinks.kinesis as kinesis
import sinks.kinesis_aggregated as aggregated
import sinks.message_batch as message_batch
import sinks.put_records as put_records
import sinks.quarantine as quarantine
from aws_client import http1, sigv4
from aws_client.connection import Connection
from aws_client.errors import TimedOut
from aws_client.http1 import Head
from aws_client.pool import PendingAnswer, Pool
from millrace.redrive.objects import Objects
from records.record import Record
from records.settings import Settings
from resilience.circuit_breaker import CircuitBreaker
from resilience.deadline import Deadline
from scoring.engine.native_tables import NativeTable
from serving.config import PREDICTION_SINK
from serving.shadow import Shadow
from sinks import aggregates
from sinks.kinesis import KinesisSink
from sinks.kinesis_aggregated import AggregatingKinesisSink
from sinks.message_batch import MessageBatchLimits
from sinks.messages import Message
from sinks.publisher import Publisher
from sinks.quarantine import Quarantine
from sources.batch import Batch
from tests.simulation.mutants import mutant, patched

# Networking


@mutant
def keep_a_connection_after_a_timeout() -> Iterator[None]:
    """A connection on which a call timed out is used again: the late answer is taken for that of the next call."""

    def make(read: Any) -> Any:
        def wrong(self: PendingAnswer) -> Any:
            connection = self._connection
            close, connection.close = connection.close, lambda: None  # type: ignore[method-assign]
            try:
                return read(self)
            except TimedOut:
                self._pool.keep(self._origin, connection)
                raise
            except BaseException:
                close()
                raise
            finally:
                connection.close = close  # type: ignore[method-assign]

        return wrong

    with patched(PendingAnswer, "_read", make):
        yield


@mutant
def use_a_connection_without_a_look() -> Iterator[None]:
    """What arrived on an idle connection is taken for the answer to the next request."""
    with patched(Connection, "usable", lambda _: property(lambda self: True)):
        yield


@mutant
def take_an_interim_answer_for_the_last() -> Iterator[None]:
    """103 Early Hints is read as the answer."""

    def make(read: Any) -> Any:
        def wrong(connection: Connection) -> Head:
            head: Head = read(connection)
            return head._replace(status=200) if head.status < 200 else head

        return wrong

    with patched(http1, "_head", make):
        yield


@mutant
def read_the_first_chunk_alone() -> Iterator[None]:
    """A chunked body ends after its first chunk."""

    def make(chunks: Any) -> Any:
        def wrong(*arguments: Any) -> Iterator[bytes]:
            yield from list(chunks(*arguments))[:1]

        return wrong

    with patched(http1, "_chunks", make):
        yield


@mutant
def sign_with_the_key_of_yesterday() -> Iterator[None]:
    """The signing key is kept for a region and service, whatever the day is."""

    def make(derive: Any) -> Any:
        days: dict[tuple[str, ...], str] = {}
        return lambda secret, day, *place: derive(secret, days.setdefault((secret, *place), day), *place)

    with patched(sigv4, "_signing_key", make):
        yield


@mutant
def send_the_body_once() -> Iterator[None]:
    """On a second connection the request goes without its body."""

    def make(init: Any) -> Any:
        def wrong(self: PendingAnswer, *arguments: Any) -> None:
            init(self, *arguments)
            if self._remake is not None:
                self._remake = lambda: b""

        return wrong

    with patched(PendingAnswer, "__init__", make):
        yield


@mutant
def take_an_object_without_an_etag() -> Iterator[None]:
    """Status 200 is a success of S3, whatever the body says."""

    def make(described: Any) -> Any:
        def wrong(reply: Any) -> Any:
            headers = {"etag": '"none"'} | reply.head.headers
            return described(reply._replace(head=reply.head._replace(headers=headers)))

        return wrong

    with patched(s3_client, "_described", make):
        yield


# What an answer acknowledges


@mutant
def take_every_answer_for_an_acknowledgement() -> Iterator[None]:
    """The native engine finds every record acknowledged in any answer of status 200."""
    with patched(native.NATIVE, "acknowledges", lambda _: lambda body, count: True):
        yield


@mutant
def find_too_few_results_acknowledged() -> Iterator[None]:
    """The native engine looks for one sequence number, not for each record's."""
    with patched(native.NATIVE, "acknowledges", lambda _: lambda body, count: b'"SequenceNumber"' in body):
        yield


def _refused(wrong: Callable[[Any, Any, int], list[int]]) -> Any:
    """What reads PutRecords' answer, replaced by `wrong(refused, answer, count)`, for both Kinesis sinks."""
    stack = ExitStack()
    for module in (kinesis, put_records):
        stack.enter_context(
            patched(module, "refused", lambda refused: lambda answer, count: wrong(refused, answer, count))
        )
    return stack


@mutant
def believe_failed_record_count() -> Iterator[None]:
    """A count of 0 is believed, whatever the results say."""
    with _refused(lambda refused, answer, count: refused(answer, count) if answer.get("FailedRecordCount") else []):
        yield


@mutant
def look_for_error_codes_alone() -> Iterator[None]:
    """A result without a sequence number, or no result, is a success."""

    def wrong(_: Any, answer: Any, count: int) -> list[int]:
        return [i for i, result in enumerate(answer.get("Records") or []) if result.get("ErrorCode")]

    with _refused(wrong):
        yield


@mutant
def read_successful_alone() -> Iterator[None]:
    """An entry that SNS or SQS lists as successful and as failed counts as sent."""
    with patched(message_batch, "_ids", lambda ids: lambda a, member: ids(a, member) if member != "Failed" else set()):
        yield


# Calls by their limits


@mutant
def fill_calls_whatever_they_weigh() -> Iterator[None]:
    """A call of PutRecords is cut by its records alone."""
    with patched(KinesisSink, "max_bytes", lambda _: 1 << 40):
        yield


@mutant
def put_one_record_too_many() -> Iterator[None]:
    """A call of PutRecords has 501 records."""
    with patched(KinesisSink, "max_entries", lambda _: 501):
        yield


@mutant
def weigh_records_without_their_keys() -> Iterator[None]:
    """A partition key counts for nothing in a record's size."""
    with patched(KinesisSink, "counts_keys", lambda _: False):
        yield


@mutant
def batch_eleven_messages() -> Iterator[None]:
    """A batch of SNS and SQS has eleven entries."""
    with patched(MessageBatchLimits, "max_entries", lambda _: 11):
        yield


@mutant
def send_messages_of_any_size() -> Iterator[None]:
    """A message of 256 KiB and some is sent to SNS and SQS."""
    with patched(MessageBatchLimits, "max_entry_bytes", lambda most: most + 1024):
        yield


@mutant
def quarantine_what_just_fits() -> Iterator[None]:
    """A prediction of just the sink's limit counts as too large."""
    with ExitStack() as stack:
        for owner in (KinesisSink, AggregatingKinesisSink, MessageBatchLimits):
            stack.enter_context(patched(owner, "max_entry_bytes", lambda most: most - 1))
        yield


# Lanes


@mutant
def have_a_key_in_two_calls_at_a_time() -> Iterator[None]:
    """The calls of a batch are in flight together, whatever keys they share."""

    def make(waves: Any) -> Any:
        def wrong(self: Publisher, messages: Any, pending: Any) -> Any:
            sink = self._sink
            size = min(sink.max_entries, max(1, len(pending) // 6))
            (calls,) = messages.cut(pending, size, sink.max_bytes, sink.counts_keys)
            return [calls[i : i + 12] for i in range(0, len(calls), 12)]

        return wrong

    with patched(Publisher, "_waves", make):
        yield


@mutant
def forget_the_waves_behind() -> Iterator[None]:
    """Only the first wave of calls is made; the others count as sent."""
    with patched(Publisher, "_waves", lambda waves: lambda *arguments: list(waves(*arguments))[:1]):
        yield


@mutant
def forget_the_last_lane() -> Iterator[None]:
    """Of several calls in flight the last is never waited for, and counts as sent."""

    def make(send: Any) -> Any:
        def wrong(self: Publisher, messages: Any, calls: Any, deadline: Any) -> Any:
            outcomes = send(self, messages, calls, deadline)
            return [*outcomes[:-1], ([], None)] if len(outcomes) > 1 else outcomes

        return wrong

    with patched(Publisher, "_send", make):
        yield


# Aggregation


class _Aggregating:
    """Messages whose aggregates are the reference's, broken in one way, whichever engine made the messages."""

    def __init__(self, messages: Any, place: str, make: Callable[[Any], Any]) -> None:
        self._messages, self._place, self._make = messages, place, make

    def put_aggregates(self, arn: str, indices: Any, *more: Any) -> tuple[bytes, list[list[int]]]:
        users = [Message(*self._messages[i]) for i in indices]
        with patched(aggregates, self._place, self._make):
            return aggregates.put_aggregates(arn, users, *more)


def _aggregate(place: str, make: Callable[[Any], Any]) -> Any:
    """Break one function of sinks/aggregates.py for every aggregating sink."""

    def begins(begin: Any) -> Any:
        def wrong(self: AggregatingKinesisSink, call: Any) -> Any:
            return begin(self, SimpleNamespace(messages=_Aggregating(call.messages, place, make), indices=call.indices))

        return wrong

    return patched(AggregatingKinesisSink, "begin", begins)


@mutant
def fail_one_member_of_an_aggregate() -> Iterator[None]:
    """Of an aggregate that failed only the first prediction is sent again."""

    def make(begin: Any) -> Any:
        def wrong(self: AggregatingKinesisSink, call: Any) -> Any:
            made: list[list[int]] = []

            class Remembering(_Aggregating):
                def put_aggregates(self, arn: str, indices: Any, *more: Any) -> tuple[bytes, list[list[int]]]:
                    body, made[:] = super().put_aggregates(arn, indices, *more)
                    return body, made

            messages = Remembering(call.messages, "_range", lambda original: original)
            failed = begin(self, SimpleNamespace(messages=messages, indices=call.indices))
            return lambda: sorted({next(m[0] for m in made if member in m) for member in failed()})

        return wrong

    with patched(AggregatingKinesisSink, "begin", make):
        yield


@mutant
def aggregate_under_the_first_hash_key() -> Iterator[None]:
    """The user records of every aggregate carry the first range's hash key: the KCL drops them in other shards."""
    with _aggregate("aggregate", lambda write: lambda users, hash_key: write(users, "0")):
        yield


@mutant
def leave_the_last_prediction_out_of_an_aggregate() -> Iterator[None]:
    """An aggregate lacks its last prediction."""
    with _aggregate("aggregate", lambda write: lambda users, hash_key: write(users[:-1] or users, hash_key)):
        yield


@mutant
def scatter_a_key_over_the_ranges() -> Iterator[None]:
    """The predictions of a key go to several shards."""
    turns = iter(range(10**9))
    with _aggregate("_range", lambda _: lambda key, ranges: next(turns) % ranges):
        yield


@mutant
def aggregate_without_a_limit() -> Iterator[None]:
    """An aggregate takes all predictions of its range, above what a record may weigh."""
    with patched(aggregated, "AGGREGATE_BYTES", lambda _: 1 << 40):
        yield


# Quarantine


@mutant
def quarantine_under_the_day_of_writing() -> Iterator[None]:
    """The key has the day of the attempt, which is another one after midnight."""

    def make(put: Any) -> Any:
        def wrong(self: Quarantine, rejected: Any, now: float, deadline: Any) -> Any:
            _today[:] = [datetime.fromtimestamp(now, UTC).strftime("%Y/%m/%d")]
            return put(self, rejected, now, deadline)

        return wrong

    def rename(key: Any) -> Any:
        return lambda self, records: f"{self._prefix}{_today[0]}/{key(self, records).rpartition('/')[2]}"

    _today: list[str] = []
    with patched(Quarantine, "put", make), patched(Quarantine, "_key", rename):
        yield


def _entry(change: Callable[[Record], Any]) -> Any:
    return patched(quarantine, "entry", lambda entry: lambda record, *rest: entry(change(record), *rest))


class _Changed:
    """A record, some members of which are others."""

    def __init__(self, record: Record, **members: Any) -> None:
        self._record = record
        vars(self).update(members)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._record, name)


@mutant
def quarantine_the_data_as_text() -> Iterator[None]:
    """Bytes that are no UTF-8 are lost in the quarantine."""
    with _entry(lambda record: _Changed(record, data=record.data.decode("utf-8", "replace").encode())):
        yield


@mutant
def quarantine_without_the_key() -> Iterator[None]:
    """The quarantine forgets the partition key: a redriven event would go to another variant."""
    with _entry(lambda record: _Changed(record, partition_key="")):
        yield


@mutant
def quarantine_three_at_most() -> Iterator[None]:
    """The rest of a batch's bad events is forgotten."""
    with patched(Quarantine, "put", lambda put: lambda self, rejected, *rest: put(self, rejected[:3], *rest)):
        yield


# Time


@mutant
def take_milliseconds_for_seconds() -> Iterator[None]:
    """The time that Lambda leaves counts a thousandfold."""
    with patched(handler, "Deadline", lambda make: lambda remaining: make(lambda: remaining() * 1000)):
        yield


@mutant
def never_look_at_the_time() -> Iterator[None]:
    """A call begins whether or not it can end before the invocation does."""
    with patched(Deadline, "allows_call", lambda _: lambda self, after=0.0: True):
        yield


@mutant
def wait_a_thousand_times_as_long() -> Iterator[None]:
    """The clients' timeouts are milliseconds, and are taken for seconds."""

    def make(init: Any) -> Any:
        def wrong(self: Pool, trust: Any, connect: float, read: float, *rest: Any) -> None:
            init(self, trust, connect * 1000, read * 1000, *rest)

        return wrong

    with patched(Pool, "__init__", make):
        yield


@mutant
def never_close_the_circuit() -> Iterator[None]:
    """A circuit that has opened stays open, although its probes succeed."""
    with patched(CircuitBreaker, "succeeded", lambda done: lambda self: None if self.is_open else done(self)):
        yield


@mutant
def make_one_call_at_a_time_for_good() -> Iterator[None]:
    """After a failed call the calls stay one at a time, although they succeed."""

    def make(waves: Any) -> Any:
        def wrong(self: Any, messages: Any, pending: Any) -> Iterator[Any]:
            self.ever_failed = getattr(self, "ever_failed", False) or self._circuit.last_call_failed
            for wave in waves(self, messages, pending):
                yield from [[call] for call in wave] if self.ever_failed else [wave]

        return wrong

    with patched(Publisher, "_waves", make):
        yield


@mutant
def fail_at_once_while_the_circuit_is_open() -> Iterator[None]:
    """An open circuit uses up the source's retries without an attempt."""
    with patched(CircuitBreaker, "wait", lambda wait: lambda self, deadline: not self.is_open and wait(self, deadline)):
        yield


# Shadow


@mutant
def let_the_shadow_fail_the_batch() -> Iterator[None]:
    """What the shadow could not publish raises."""

    def make(score: Any) -> Any:
        def wrong(*arguments: Any) -> Any:
            outcome = score(*arguments)
            if outcome.get("unpublished"):
                raise RuntimeError("the shadow failed")
            return outcome

        return wrong

    with patched(Shadow, "score", make):
        yield


@mutant
def publish_the_shadow_as_the_prediction() -> Iterator[None]:
    """The shadow publishes to the predictions' sink."""

    def make(make_sink: Any) -> Any:
        def wrong(settings: Any, client: Any) -> Any:
            return make_sink(Settings(settings._environment, PREDICTION_SINK), client)

        return wrong

    with patched(parts, "make_sink", make):
        yield


@mutant
def let_the_shadow_take_its_time() -> Iterator[None]:
    """The shadow sends until the invocation ends, and never rests a sink that fails."""
    always = Deadline(lambda: 1e9)
    with (
        patched(shadow, "_within", lambda _: lambda deadline, seconds: always),
        patched(shadow, "REST_SECONDS", lambda _: 0.0),
        patched(shadow, "SLICE", lambda _: 1),
    ):
        yield


# Raw events


@mutant
def read_the_envelope_before() -> Iterator[None]:
    """A record that C leaves to Python is read from the envelope before its own."""

    def make(records_of: Any) -> Any:
        def wrong(self: Batch, place: int) -> Any:
            native_events = not isinstance(self.envelopes, list)
            return records_of(self, max(0, place - 1) if native_events else place)

        return wrong

    with patched(Batch, "records_of", make):
        yield


@mutant
def take_a_row_for_its_envelope() -> Iterator[None]:
    """The record of a row is that of the envelope with the row's number, and others may be reported as failed."""

    def make(record: Any) -> Any:
        def wrong(self: NativeTable, row: int) -> Record:
            found: Record = self._batch.records_of(row)[0] if row not in self._added else self._added[row]
            return found

        return wrong

    with patched(NativeTable, "record", make):
        yield


@mutant
def leave_out_what_c_does_not_take() -> Iterator[None]:
    """Records that are out of the ordinary are skipped."""

    def make(without: Any) -> Any:
        def wrong(engine: Any, batch: Batch, *rest: Any) -> Any:
            records = list(without(engine, batch, *rest))
            return records if engine.name == "python" else []

        return wrong

    with patched(scoring, "_without_fast_path", make):
        yield


# Redrive


@mutant
def redrive_the_first_page() -> Iterator[None]:
    """Of the on-failure objects only the first page is brought back."""

    def make(_: Any) -> Any:
        def wrong(self: Objects, prefix: str) -> list[tuple[str, str]]:
            page = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
            return [(item["Key"], item["ETag"]) for item in page.get("Contents", [])]

        return wrong

    with patched(Objects, "listed", make):
        yield


@mutant
def remove_one_page_of_versions() -> Iterator[None]:
    """Of an object that was redriven only the newest version is removed: the one before comes back."""
    with patched(Objects, "_versions", lambda versions: lambda self, key: list(versions(self, key))[:1]):
        yield
