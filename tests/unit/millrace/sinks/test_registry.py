"""Each type of prediction sink that the scorer publishes to has an operators' part."""

import json

import pytest

import sinks as published_to
from millrace import sinks
from millrace.errors import UserError
from millrace.report.cost import DEFAULT
from millrace.sinks import SINKS
from tests.fakes.stack import outputs


def test_every_sink_of_the_scorer_has_its_part() -> None:
    assert set(SINKS) == set(published_to.SINKS)
    assert all(name == part.name for name, part in SINKS.items())


@pytest.mark.parametrize("name", SINKS)
def test_what_it_is_charged_has_a_price(name: str) -> None:
    prices = json.loads(DEFAULT.read_text())["prices"]

    assert {charge.price for charge in SINKS[name].charges} <= prices.keys()


def test_the_sinks_of_a_stack_are_those_of_its_outputs() -> None:
    single, several = outputs(), outputs()
    several["sinks"] = {"alerts": {"type": "sqs", "target": "url"}, "unused": None}

    assert [(name, part.name) for name, (part, _) in sinks.deployed(single).items()] == [("prediction_sink", "kinesis")]
    assert [(name, part.name) for name, (part, _) in sinks.deployed(several).items()] == [("alerts", "sqs")]


def test_another_type_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=rf"expected one of {', '.join(SINKS)}, got 'pigeon'; see millrace/sinks"):
        sinks.sink_part("pigeon")
