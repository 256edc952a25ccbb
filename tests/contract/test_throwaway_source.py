"""A source that is only here: what is missing is named, and with its parts it works like all others."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import native
import sources
from millrace import sources as operators
from millrace.services.charges import Charge
from millrace.sources.operations import SourceOperations
from millrace.sources.sqs import SqsSourceOperations
from records.record import Record
from scoring.engine import NATIVE, PYTHON
from sources.lambda_records import LambdaRecords
from sources.layout import MILLISECONDS, TEXT, EnvelopeLayout
from tests.contract.parts import missing_of_source
from tests.fakes import artifacts, envelopes
from tests.fakes.scorer import FakeScorer


class TicketSource(LambdaRecords):
    """Tickets of a queue that no service has."""

    name, event_source = "tickets", "acme:tickets"
    layout = EnvelopeLayout(
        claim="/eventSource",
        claimed_by=event_source,
        type=name,
        payload="/text",
        encoding=TEXT,
        arn="/desk",
        position="/number",
        arrived_at="/at",
        arrival_unit=MILLISECONDS,
    )

    def records(self, envelope: Any, model: str) -> list[Record]:
        number = envelope["number"]
        return [
            Record(
                model=model,
                source=self.name,
                arn=envelope["desk"],
                position=number,
                partition_key=number,
                arrived_at=int(envelope["at"]) / 1000,
                data=envelope["text"].encode(),
                delivery_id=number,
            )
        ]

    def arrived_at(self, envelopes: Any) -> float | None:
        return min(int(envelope["at"]) / 1000 for envelope in envelopes)


def tickets(*events: Any) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventSource": "acme:tickets",
                "desk": "arn:acme:desk",
                "number": f"t-{i}",
                "at": "1700000000250",
                "text": event if isinstance(event, str) else json.dumps(event),
            }
            for i, event in enumerate(events)
        ]
    }


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> TicketSource:
    source = TicketSource()
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, source))
    return source


def test_each_part_that_is_missing_is_named(tmp_path: Path) -> None:
    assert missing_of_source(TicketSource(), {}, tmp_path) == [
        "functions/sources/tickets.py: the source",
        "tests/events/tickets.json: an event of tickets, as Lambda gets it",
        "docs/contracts.md, Identity: a row for the position of tickets",
        "millrace/sources/tickets.py: its operators' part, with an entry in SOURCES",
        "millrace/sources/tickets.py: the operators' part's file",
        "terraform/modules/tickets: its Terraform module",
        "terraform/modules/millrace/sources.tf: a call of module tickets",
        "terraform/modules/millrace/sources.tf: module.tickets.source in local.sources",
        "docs/sources-and-sinks.md, Sources: a row that links functions/sources/tickets.py",
    ]


STACK = """\
locals {
  sources = {
    event_stream = module.event_stream.source
    tickets      = module.tickets.source
  }
}
module "tickets" {
"""
CONTRACTS = """\
### Identity

| source | position |
|---|---|
| Tickets | desk, number |
"""
FILES = {
    "functions/sources/tickets.py": "",
    "tests/events/tickets.json": json.dumps(tickets(envelopes.event())),
    "docs/contracts.md": CONTRACTS,
    "millrace/sources/tickets.py": "",
    "terraform/modules/tickets/main.tf": "",
    "terraform/modules/millrace/sources.tf": STACK,
    "docs/sources-and-sinks.md": "| tickets | [tickets.py](../functions/sources/tickets.py) |",
}


class TicketOperations(SqsSourceOperations):
    """Tickets cost nothing."""

    name, path, charges = "tickets", "tickets", ()  # type: ignore[assignment]


def missing(root: Path, part: SourceOperations, files: Mapping[str, str] = FILES) -> list[str]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return missing_of_source(TicketSource(), {"tickets": part}, root)


def test_with_these_parts_it_is_whole(tmp_path: Path) -> None:
    assert missing(tmp_path, TicketOperations()) == []


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        ("docs/contracts.md", CONTRACTS.replace("Tickets", "Letters"), "Identity: a row"),
        ("docs/contracts.md", CONTRACTS.replace("Identity", "Other"), "Identity: a row"),
        ("docs/contracts.md", CONTRACTS.replace("| source |", "| sink |"), "Identity: a row"),
        (
            "terraform/modules/millrace/sources.tf",
            STACK.replace("    tickets      = module.tickets.source\n", ""),
            "module.tickets.source in local.sources",
        ),
    ],
)
def test_a_part_that_only_looks_complete_is_named(path: str, text: str, named: str, tmp_path: Path) -> None:
    (found,) = missing(tmp_path, TicketOperations(), FILES | {path: text})

    assert path in found
    assert named in found


def test_each_member_that_the_operators_part_lacks_is_named(tmp_path: Path) -> None:
    class Unfinished(SourceOperations):
        name, path, age = "tickets", "tickets", None

        def target(self, output: Any, client: Any) -> None:
            return None

    unfinished: Any = Unfinished
    assert missing(tmp_path, unfinished()) == [
        f"millrace/sources/tickets.py: the member {member} of its operators' part"
        for member in ("charges", "checks", "encryption_key")
    ]


def test_a_charge_without_a_price_is_named(tmp_path: Path) -> None:
    class Charged(TicketOperations):
        charges = (Charge("tickets", "ticket_million"),)  # type: ignore[assignment]

    assert missing(tmp_path, Charged()) == [
        "millrace/report/prices.json: the price ticket_million that tickets is charged by"
    ]


@pytest.mark.usefixtures("registered")
def test_its_events_are_scored_by_both_engines_alike() -> None:
    event, artifact = tickets(envelopes.event(0), "{", envelopes.event(1)), artifacts.artifact()

    def outcome(engine: str) -> Any:
        scorer = FakeScorer(artifact, engine=engine)
        scorer.clock.now += 60.0
        response = scorer.invoke(json.dumps(event).encode())
        (line,) = scorer.told
        return response, scorer.sink.acknowledged, scorer.quarantined, line["EventAge"], line["source"]

    response, predictions, quarantined, age, source = outcome(PYTHON)
    assert (response, source) == ({"batchItemFailures": []}, "tickets")
    assert age == pytest.approx(59_750.0)
    assert [json.loads(message.body)["source"]["type"] for message in predictions] == ["tickets", "tickets"]
    assert [entry["source"]["position"] for entry in quarantined] == ["t-1"]
    if native.NATIVE is not None:
        assert outcome(NATIVE) == (response, predictions, quarantined, age, source)


def test_the_native_engine_makes_no_record_of_it(registered: TicketSource, monkeypatch: pytest.MonkeyPatch) -> None:
    if native.NATIVE is None:
        pytest.skip(f"the native engine was not built: {native.MISSING}")
    monkeypatch.setattr(registered.__class__, "records", lambda *_: pytest.fail("a record was made in Python"))
    _, report = FakeScorer(artifacts.artifact(), engine=NATIVE).run(json.dumps(tickets(envelopes.event())).encode())
    assert report.predictions == 1


def test_the_operators_tools_know_it_by_its_own_name() -> None:
    assert operators.path_of("tickets") == "tickets"
