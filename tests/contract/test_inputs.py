"""Each kind of input keeps what `inputs.preparation` promises, and has all of its parts."""

import json
import math
from array import array
from collections.abc import Callable
from copy import replace
from typing import Any, NamedTuple

import jsonschema_rs
import pytest

from http_api.page import CONTROLS
from inputs import FEATURES, KINDS
from inputs import read as read_steps
from inputs.preparation import Preparation
from inputs.steps import ELEMENTS
from millrace.paths import FUNCTIONS, ROOT
from millrace.smoke import golden_events
from model_store.artifact import Artifact
from model_store.event_format import EventFormat
from model_store.manifest import Manifest
from model_store.verify import verify
from records.faults import Code, Unfit
from tests.fakes import image_models, pictures, text_models
from tests.fakes.envelopes import kinesis
from tests.fakes.scorer import FakeScorer


class Example(NamedTuple):
    """artifact : a model of the kind. good, bad : values that are prepared, and refused, with the code."""

    artifact: Callable[[], Artifact]
    good: tuple[Any, ...]
    bad: tuple[tuple[Any, Code], ...]


EXAMPLES = {
    "image": Example(
        image_models.artifact,
        (image_models.base64_of(pictures.photograph()), pictures.written(pictures.picture(), "PNG")),
        (
            ("no base64", Code.INVALID_BASE64),
            (b"GIF89a", Code.INVALID_IMAGE),
            (pictures.bomb(6_000), Code.INPUT_TOO_LARGE),
        ),
    ),
    "text": Example(
        text_models.artifact,
        ("", "Win a prize", "日本語", b"bytes"),
        (("\ud800", Code.INVALID_UTF8), ("x" * 5_000, Code.INPUT_TOO_LARGE)),
    ),
}
# What no kind takes.
NOTHING = ((None, Code.MISSING_FEATURE), (7, Code.WRONG_TYPE), (True, Code.WRONG_TYPE), ([], Code.WRONG_TYPE))
each_kind = pytest.mark.parametrize("kind", KINDS)


def prepared(kind: str) -> Preparation:
    found = EXAMPLES[kind].artifact().manifest.preparation
    assert found is not None
    return found


@each_kind
def test_a_kind_has_all_of_its_parts(kind: str) -> None:
    assert (FUNCTIONS / f"{KINDS[kind].replace('.', '/')}.py").is_file()
    assert kind in EXAMPLES
    assert kind in CONTROLS
    assert f"| `{kind}` |" in (ROOT / "docs" / "contracts.md").read_text()
    assert FEATURES not in KINDS


@each_kind
def test_a_value_becomes_a_row_of_the_declared_size_and_the_same_one_again(kind: str) -> None:
    how = prepared(kind)
    size = array(ELEMENTS[how.element][0]).itemsize * math.prod(how.shape)
    for value in EXAMPLES[kind].good:
        assert len(how.prepare(value)) == size
        assert how.prepare(value) == read_steps(kind, how.written()).prepare(value)  # type: ignore[union-attr]


@each_kind
def test_a_value_is_the_same_as_a_record_of_its_own(kind: str) -> None:
    how = prepared(kind)
    for value in EXAMPLES[kind].good:
        if isinstance(value, str):
            assert how.prepare(how.alone(value)) == how.prepare(value)


@each_kind
def test_golden_rows_become_events_for_smoke_tests_and_replays(kind: str) -> None:
    """As events with a member, and as records that are the value."""
    artifact = EXAMPLES[kind].artifact()
    for format_ in (EventFormat(), EventFormat(None, format="bytes")):
        manifest = replace(artifact.manifest, event=format_)
        scorer = FakeScorer(Artifact(manifest, artifact.model))
        sent = list(golden_events.events(manifest, "smoke", 3))
        scorer.run(kinesis(*(event.data for event in sent)))
        assert [one["score"] for one in scorer.predictions] == pytest.approx(
            [row.scores[0] for row in manifest.golden_rows[:3]], abs=1e-5
        )


@each_kind
def test_what_is_no_value_is_refused_with_its_code(kind: str) -> None:
    for value, code in (*NOTHING, *EXAMPLES[kind].bad):
        with pytest.raises(Unfit) as caught:
            prepared(kind).prepare(value)
        assert caught.value.code == code


@each_kind
def test_the_schema_accepts_what_is_prepared(kind: str) -> None:
    validator = jsonschema_rs.validator_for(prepared(kind).schema())
    assert all(validator.is_valid(value) for value in EXAMPLES[kind].good if not isinstance(value, bytes))
    assert not any(validator.is_valid(value) for value, _ in NOTHING)


@each_kind
def test_a_model_is_written_read_verified_and_scored(kind: str) -> None:
    artifact = EXAMPLES[kind].artifact()
    manifest = Manifest.from_bytes(artifact.manifest.to_bytes())
    assert manifest == artifact.manifest
    assert json.loads(manifest.to_bytes())["inputs"]["kind"] == kind
    rows = manifest.golden_inputs()
    scores = verify(Artifact(manifest, artifact.model), compare=True).predict(b"".join(rows), len(rows))
    assert len(scores) == len(rows) * manifest.output.width
