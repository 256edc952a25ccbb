"""Each type of event source has an operators' part; no tool spells its name."""

import json
import re
from typing import Any

import pytest

import sources as read_from
from millrace import sources
from millrace.doctor.ask import Failed
from millrace.doctor.finding import ExaminedStack
from millrace.errors import UserError
from millrace.paths import ROOT
from millrace.report.cost import DEFAULT
from millrace.sinks import SINKS
from millrace.sources import SOURCES
from tests.contract.parts import INTERNAL_SOURCES
from tests.fakes.stack import outputs

ONLY_HERE = ("services", "sources", "sinks")


def test_every_source_that_deploys_with_a_stack_has_its_part() -> None:
    assert set(SOURCES) == {source.name for source in read_from.SOURCES} - set(INTERNAL_SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_what_it_is_charged_has_a_price(name: str) -> None:
    prices = json.loads(DEFAULT.read_text())["prices"]

    assert SOURCES[name].name == name
    assert {charge.price for charge in SOURCES[name].charges} <= prices.keys()


def test_the_sources_of_a_stack_are_those_of_its_outputs() -> None:
    entries = {"events": {"type": "kinesis", "arn": "a"}, "orders": {"type": "sqs", "arn": "b"}}

    found = sources.deployed(outputs() | {"sources": entries})

    assert {name: (part.name, output) for name, (part, output) in found.items()} == {
        "events": ("kinesis", entries["events"]),
        "orders": ("sqs", entries["orders"]),
    }
    assert sources.deployed({}) == {}


@pytest.mark.parametrize("name", SOURCES)
def test_a_further_source_of_a_type_is_checked_by_its_own_output(name: str) -> None:
    entry = {
        "type": name,
        "name": "second",
        "arn": "arn:aws:some:eu-central-1:1:second",
        "delivery": "queued",
        "queue_url": "https://sqs.eu-central-1.amazonaws.com/1/second-queue",
        "dead_letter_queue_url": "https://sqs.eu-central-1.amazonaws.com/1/second-dead-letters",
    }
    stack = outputs(dead_letter_queue_url="first")
    stack["sources"]["second"] = entry
    part, output = sources.deployed(stack)["second"]
    place = ExaminedStack("local", stack)
    ask: Any = lambda service, operation, **arguments: Failed("not now")  # noqa: E731

    found = list(part.checks("second", output, place, ask))

    assert found
    assert all(finding.check.startswith("second") for finding in found)
    assert sources.dead_letter_queues(stack) == {"event_topic": "first", "second": entry["dead_letter_queue_url"]}


def test_another_type_is_accounted_for_by_its_own_name_and_otherwise_refused() -> None:
    assert {name: sources.path_of(name) for name in SOURCES} == {name: part.path for name, part in SOURCES.items()}
    assert sources.path_of("pigeon") == "pigeon"
    with pytest.raises(UserError, match=rf"expected one of {', '.join(SOURCES)}, got 'pigeon'; see millrace/sources"):
        sources.source_part("pigeon")


def test_no_other_tool_spells_the_name_of_a_source_or_sink() -> None:
    files = [path for path in (ROOT / "millrace").rglob("*.py") if path.relative_to(ROOT).parts[1] not in ONLY_HERE]
    files.remove(ROOT / "millrace" / "backtest" / "events.py")  # `kinesis` is a member of its events
    files.remove(ROOT / "millrace" / "replay" / "envelopes.py")  # `dynamodb` is a member of DynamoDB's own events
    # The service of dead-letter queues, and that of the stores, whatever the source.
    names = ({*SOURCES} | {*SINKS}) - {"s3", "sqs"}
    found = re.compile(rf"""["']({"|".join(names)})["']""")

    assert [path.name for path in files if found.search(path.read_text())] == []
