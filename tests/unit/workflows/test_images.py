"""An item workflow over images: JPEG files as they are, and the ways in which they fail."""

from copy import replace
from typing import Any

import numpy as np
import pytest

from model_store.artifact import Artifact
from model_store.event_format import BYTES, EventFormat
from tests.fakes import image_models, pictures
from tests.fakes.batches import INPUT, FakeBatch
from tests.fakes.workflows import FakeWorkflow
from workflows.run import A, B, place_of

IMAGES = 12
FILES = EventFormat(event_id=None, format=BYTES)
MAX_BYTES = 4_000


def crops(count: int) -> dict[str, bytes]:
    """JPEG files of parts of a photograph, no two alike."""
    draw, whole = np.random.default_rng(20), pictures.picture(256, 256)
    found = {}
    for number in range(count):
        left, top = draw.integers(0, 192, 2)
        part = whole.crop((left, top, left + 64, top + 64)).rotate(int(draw.integers(0, 360)))
        found[f"in/{number:02}.jpg"] = pictures.written(part)
    assert len(set(found.values())) == count
    return found


@pytest.fixture
def workflow(s3: Any) -> FakeWorkflow:
    first = image_models.artifact(event=FILES)
    batch = FakeBatch(s3, first)
    batch.store.publish(Artifact(replace(first.manifest, version="2"), first.model))
    for key, body in crops(IMAGES).items():
        batch.s3.put_object(Bucket=INPUT, Key=key, Body=body)
    return FakeWorkflow(batch)


def test_images_are_scored_by_two_versions_and_the_others_named(workflow: FakeWorkflow) -> None:
    """A JPEG that ends early, one of too many bytes, a bomb of too many pixels, and one that is not there."""
    s3, good = workflow.batch.s3, pictures.written(pictures.picture())
    bad = {"in/cut.jpg": good[:300], "in/large.jpg": good + bytes(MAX_BYTES), "in/text.jpg": b"no image"}
    for key, body in bad.items():
        s3.put_object(Bucket=INPUT, Key=key, Body=body)
    keys = [f"in/{number:02}.jpg" for number in range(IMAGES)]
    comparison = workflow.run(
        keys=[*keys, *bad, "in/none.jpg"], versions={"a": "1", "b": "2"}, share=0.5, max_bytes=MAX_BYTES
    )
    assert comparison["counts"] == {"predicted": IMAGES, "missing": 1, "oversized": 1, "corrupt": 2, "failed": 0}
    places = [place_of(key, 0.5) for key in keys]
    found = {place: comparison["versions"][place]["predicted"] for place in (A, B)}
    assert found == {A: places.count(A), B: places.count(B)}
    assert set(comparison["versions"][A]["labels"]) <= {"land", "sky"}
    assert {one["key"]: one["outcome"] for one in comparison["not_predicted"]} == {
        "in/cut.jpg": "corrupt", "in/large.jpg": "oversized", "in/text.jpg": "corrupt", "in/none.jpg": "missing",
    }  # fmt: skip
