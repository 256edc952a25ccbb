"""Digits drawn on the page with the mouse, recognised by a network that was trained on handwritten ones. Needs npm."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from http_api.settings import HttpSettings
from millrace.demo import digits
from millrace.demo.examples.digits import LABEL, LEARNER, table
from millrace.paths import SCRATCH
from tests.browser.conftest import run_script
from tests.fakes.envelopes import MODEL
from tests.fakes.http_endpoint import FakeEndpoint
from tests.fakes.http_serving import serving
from trainer import learners, tables, training_run
from trainer.request import TrainingRequest

pytestmark = pytest.mark.long(only=True)

OPTIONS = {"neurons": 128, "epochs": 10, "shifted_copies": True}
LINES = {
    "1": [[[0.5, 0.15], [0.5, 0.85]]],
    "7": [[[0.28, 0.22], [0.72, 0.22], [0.45, 0.85]]],
    "0": [[[0.5, 0.15], [0.3, 0.3], [0.3, 0.7], [0.5, 0.85], [0.7, 0.7], [0.7, 0.3], [0.5, 0.15]]],
    "4": [[[0.33, 0.18], [0.28, 0.52], [0.7, 0.52]], [[0.64, 0.2], [0.62, 0.85]]],
    "3": [[[0.3, 0.2], [0.55, 0.16], [0.68, 0.3], [0.5, 0.48], [0.7, 0.64], [0.58, 0.84], [0.3, 0.8]]],
}  # fmt: skip


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    found = digits.read(digits.fetch(SCRATCH / "examples" / "digits")).some(slice(4_000))
    request = TrainingRequest.read(
        {"table": "s3://b/digits.npz", "label": LABEL, "learner": LEARNER, "options": OPTIONS, "held_out": 0.1}, 0.0
    )
    done = training_run.run(tables.read(table(found), "digits.npz", LABEL), request, MODEL, learners.of("onnx"))
    assert done.artifact.manifest.metrics["accuracy"] > 0.9
    with serving(FakeEndpoint(done.artifact, settings=HttpSettings(public_page=True))) as served:
        yield f"{served}/"


@pytest.fixture(scope="module")
def drawn(chromium: str, url: str) -> dict[str, Any]:
    found: dict[str, Any] = run_script("draw.mjs", chromium, url, json.dumps(LINES))
    return found


@pytest.mark.parametrize("digit", LINES)
def test_a_drawn_digit_is_recognised(drawn: dict[str, Any], digit: str) -> None:
    assert f"Label: {digit}\n" in drawn["answers"][digit]


def test_the_curl_line_has_the_pixels(drawn: dict[str, Any]) -> None:
    pixels = json.loads(drawn["curls"]["1"].split("--json ")[1].strip("'"))
    assert len(pixels) == digits.SIDE**2
    assert 0.7 < max(pixels) <= 1
    rows = [sum(pixels[start : start + digits.SIDE]) > 0 for start in range(0, len(pixels), digits.SIDE)]
    assert 18 <= sum(rows) <= 22, "as in the training data, what is drawn fills 20 of 28 rows"


def test_the_page_has_no_fault(drawn: dict[str, Any]) -> None:
    assert (drawn["complaints"], drawn["sideways"], drawn["violations"]) == ([], 0, [])
