"""docs/aws-facts.md: each fact was tried or read, and says where; what botocore's models know is compared."""

import re

import botocore.session
import pytest

from millrace.paths import ROOT

PAGE = ROOT / "docs" / "aws-facts.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| fact")
]
MODELS = [found for row in ROWS for found in re.findall(r"(\w+) (\w+) (\d+) to (\d+)", row[-1])]
TRIED = re.compile(r"tried \d{4}-\d{2}-\d{2}")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_fact_has_a_state_and_a_source(row: list[str]) -> None:
    fact, relies, state, source = row

    assert fact
    assert relies
    assert state == "read" or TRIED.fullmatch(state)
    assert "](https://docs.aws.amazon.com/" in source or "botocore: " in source


@pytest.mark.parametrize(("service", "shape", "least", "most"), MODELS)
def test_limits_are_those_of_the_service_models(service: str, shape: str, least: str, most: str) -> None:
    found = botocore.session.get_session().get_service_model(service).shape_for(shape).metadata

    assert (found["min"], found["max"]) == (int(least), int(most))


def test_the_page_says_whether_anything_was_tried() -> None:
    tried = [row for row in ROWS if row[2] != "read"]

    assert ("None has been tried yet" in PAGE.read_text()) == (not tried)
    assert len(MODELS) >= 10
