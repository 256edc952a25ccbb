"""Each entry of the registry of sinks keeps what a sink promises, and has all of its parts."""

import json
from itertools import repeat
from typing import Any

import pytest

from millrace.paths import ROOT
from millrace.services.charges import Charge
from millrace.sinks import SINKS as OPERATIONS
from millrace.sinks.operations import SinkOperations
from sinks import SINKS
from sinks.errors import SinkRefused, SinkUnavailable
from sinks.messages import Message
from sinks.sink import Sink
from tests.contract.parts import missing_of_sink
from tests.fakes.s3 import client_error
from tests.fakes.sink import configured, send

MESSAGES = [Message(f"key-{i}", b'{"score":%d}' % i) for i in range(3)]
each_sink = pytest.mark.parametrize("name", SINKS)


class Answering:
    """A client of any service whose every call gives the same answer, or raises it; of a list, each call the next."""

    def __init__(self, answer: Any) -> None:
        self._answers = iter(answer) if isinstance(answer, list) else repeat(answer)

    def __getattr__(self, operation: str) -> Any:
        def call(**_: Any) -> Any:
            answer = next(self._answers)
            if isinstance(answer, dict) and "__type" in answer:
                raise client_error(answer["__type"].rpartition("#")[2], 400)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def sink(name: str, answer: Any) -> Sink:
    return configured(name, "target", lambda service: Answering(answer))


@each_sink
def test_a_sink_has_all_of_its_parts(name: str) -> None:
    missing = missing_of_sink(name, OPERATIONS)
    assert not missing, f"the sink {name} lacks:\n" + "\n".join(missing)


def test_each_part_of_a_sink_that_is_missing_is_named() -> None:
    class PigeonOperations(SinkOperations):
        name, charges = "pigeon", (Charge("flights", "pigeon_flight"),)

    pigeon: Any = PigeonOperations
    module = "terraform/modules/prediction_sink"
    part = "millrace/sinks/pigeon.py: the member {} of its operators' part"
    assert missing_of_sink("pigeon", {"pigeon": pigeon()}) == [
        "functions/sinks/pigeon.py: the sink, with a function make",
        "millrace/sinks/pigeon.py: its operators' part, with an entry in SINKS",
        *map(part.format, ("address", "check", "entries", "observer", "quota", "reader", "resource", "unread")),
        "millrace/report/prices.json: the price pigeon_flight that pigeon is charged by",
        f"{module}/pigeon.tf: what Terraform makes for it",
        f"{module}/variables.tf: pigeon in the validation of type",
        "tests/events/answers/pigeon.json: an answer in which the second of three entries failed",
        "docs/contracts.md, Prediction: a row for the limits of pigeon",
        "docs/sources-and-sinks.md, Sinks: a row that links functions/sinks/pigeon.py",
    ]


def test_each_operators_part_is_of_a_sink() -> None:
    assert set(OPERATIONS) == set(SINKS)


@each_sink
def test_a_sink_says_what_a_call_takes(name: str) -> None:
    made = sink(name, {})
    assert made.max_entries >= 1
    assert 0 < made.max_entry_bytes <= made.max_bytes


@each_sink
def test_the_operators_part_knows_the_entries_of_a_call(name: str) -> None:
    assert OPERATIONS[name].entries == sink(name, {}).max_entries


@each_sink
def test_an_entry_that_failed_is_reported_alone(name: str) -> None:
    answer = json.loads((ROOT / "tests" / "events" / "answers" / f"{name}.json").read_text())
    assert send(sink(name, answer), MESSAGES) == [1]


@each_sink
def test_an_answer_that_says_nothing_acknowledges_nothing(name: str) -> None:
    assert send(sink(name, {}), MESSAGES) == [0, 1, 2]


@each_sink
@pytest.mark.parametrize(
    ("error", "failure"),
    [(client_error("ServiceUnavailable", 503), SinkUnavailable), (client_error("AccessDenied", 403), SinkRefused)],
)
def test_a_call_that_failed_as_a_whole_is_of_one_of_two_kinds(
    name: str, error: Exception, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        send(sink(name, error), MESSAGES)
