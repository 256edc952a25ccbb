"""docs/costs.md counts the metrics that CloudWatch bills; the code and docs/evaluation.md have them."""

import re

from millrace.paths import ROOT
from telemetry.metrics import CAPTURE_FAILURES, QUARANTINED_BY_CODE, REJECTED, UNITS

PAGE = (ROOT / "docs" / "costs.md").read_text()
TABLE = (ROOT / "docs" / "evaluation.md").read_text().partition("| metric (namespace `Millrace`) |")[2]
ROWS = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.+) \|$", TABLE.partition("\n\n")[0], re.MULTILINE)


def of(part: str) -> int:
    """The metrics of the rows of the evaluator's table with this text."""
    return sum(names.count(",") + 1 for names, when in ROWS if part in when)


def test_the_scorers_metrics_are_counted() -> None:
    others = {CAPTURE_FAILURES, QUARANTINED_BY_CODE, REJECTED}

    assert f"custom metrics: {len(UNITS.keys() - others)} of the scorer" in PAGE


def test_the_evaluators_metrics_are_counted() -> None:
    each, classes = of("for each changed hour"), of("classes")
    own, quarantined = of("each evaluation"), of("if there are any")

    assert sum((each, classes, own, quarantined, of("regression"), of("calibrated"))) == of("")
    expected = f"with an evaluator {own}, up to {quarantined} that occur with quarantined records, and {each + classes}"
    assert expected in PAGE
    assert f"(regression: {each + of('regression')}; calibrated: {each + classes + of('calibrated')})" in PAGE
