"""`check`: what it reports as lost, what as found, and what it takes besides Kinesis."""

import json
from functools import partial
from typing import Any

import pytest

from simulator import CallFaults, Clients, FunctionFaults, Handler, PollerFaults, RecordsLost, Simulation, check

QUIET: dict[str, Any] = {"calls": CallFaults(), "function": FunctionFaults(), "poller": PollerFaults()}


def copying(aws: Clients) -> Handler:
    """Writes each record, in any way that `aws` has."""

    def handle(event: Any, context: Any) -> None:
        for record in event["Records"]:
            data = record["kinesis"]["data"].encode()
            aws.call(partial(aws.written, data))

    return handle


def dropping(aws: Clients) -> Handler:
    """Leaves the first record of each batch out."""

    def handle(event: Any, context: Any) -> None:
        copying(aws)({"Records": event["Records"][1:]}, context)

    return handle


def test_what_is_written_by_any_call_counts() -> None:
    checked = check(copying, seeds=range(3), records=200)
    assert (checked.seeds, checked.records) == (3, 600)
    assert checked.copies > checked.repeated > 0


def test_without_faults_each_record_is_written_once() -> None:
    checked = check(copying, seeds=range(3), records=200, **QUIET)
    assert (checked.copies, checked.repeated, checked.failed) == (600, 0, 0)


def test_what_is_nowhere_is_lost() -> None:
    with pytest.raises(RecordsLost, match=r"of 200 records are lost: .*\(seed 0\)") as caught:
        check(dropping, records=200, **QUIET)
    assert caught.value.seed == 0


def test_what_is_in_the_on_failure_destination_is_not_lost() -> None:
    def failing(aws: Clients) -> Handler:
        def handle(event: Any, context: Any) -> None:
            raise ValueError("never")

        return handle

    checked = check(failing, seeds=[1], records=50)
    assert (checked.copies, checked.failed) == (0, 50)


@pytest.mark.parametrize("body", [b"event 200", b"something else", b"\xff"])
def test_what_belongs_to_no_record_ends_the_run(body: bytes) -> None:
    def inventing(aws: Clients) -> Handler:
        def handle(event: Any, context: Any) -> None:
            try:
                aws.written(body)
            except Exception:
                pytest.fail("a handler cannot catch it")

        return handle

    with pytest.raises(RecordsLost, match="expected"):
        check(inventing, records=200)


def test_data_of_ones_own() -> None:
    def rendering(aws: Clients) -> Handler:
        def handle(event: Any, context: Any) -> None:
            for record in event["Records"]:
                aws.sqs.send_message_batch(
                    QueueUrl="https://sqs.eu-central-1.amazonaws.com/123456789012/out",
                    Entries=[{"Id": "0", "MessageBody": json.dumps({"of": record["kinesis"]["partitionKey"]})}],
                )

        return handle

    checked = check(
        rendering,
        seeds=range(2),
        records=50,  # so that each has a partition key of its own
        data=lambda i: json.dumps({"id": i}).encode(),
        number=lambda body: int(json.loads(body)["of"].removeprefix("key-")),
        **QUIET,
    )
    assert checked.copies == 100


def test_a_seed_is_one_run() -> None:
    first, second = (Simulation(copying, 3, records=100).run() for _ in range(2))
    assert first.world.trace() == second.world.trace()
    assert first.copies == second.copies
