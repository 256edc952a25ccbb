"""The images example of the demo: what it compares, and what it deploys. The network itself: tests/unit/examples."""

import base64
import json
from pathlib import Path

import pytest
from rich.console import Console

from millrace.demo.examples import images
from millrace.demo.examples.images import ImagesExample, Recognised
from millrace.deployment import aws, parts
from millrace.errors import UserError
from millrace.packaging.flavour import Flavour
from tests.fakes import artifacts, image_models
from tests.fakes.store import FakeModelStore

KNOWN = {"cat.png": ("cat", 0.75), "cup.png": ("espresso", 0.5)}


def compared(*found: Recognised) -> tuple[str, int]:
    table, right = images._compared(found, KNOWN)
    console = Console(width=200, record=True)
    console.print(table)
    return console.export_text(), right


def test_a_photograph_is_right_with_the_references_label_and_score() -> None:
    text, right = compared(
        Recognised("cat.png", "S3", "cat", 0.75000001), Recognised("cup.png", "HTTP", "espresso", 0.5)
    )
    assert right == 2
    assert " no " not in text


@pytest.mark.parametrize("wrong", [Recognised("cat.png", "S3", "dog", 0.75), Recognised("cat.png", "S3", "cat", 0.76)])
def test_another_label_or_score_is_shown_next_to_the_references(wrong: Recognised) -> None:
    text, right = compared(wrong)
    assert right == 0
    assert " no " in text
    assert "0.750000" in text


def test_the_reference_is_read_in_the_samples_order(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    files = {"b.jpg": b"one", "a.png": b"other"}
    for name, body in files.items():
        (tmp_path / "photographs" / name).write_bytes(body)
    lines = (json.dumps({"image": base64.b64encode(body).decode()}) for body in files.values())
    (tmp_path / "sample.jsonl").write_text("\n".join(lines))
    (tmp_path / "recognise.csv").write_text('tench,"cup, small"\n0.25,0.75\n0.9,0.1\n')
    assert images.expected(tmp_path, "recognise") == {"b.jpg": ("cup, small", 0.75), "a.png": ("tench", 0.9)}


def test_its_part_of_the_stack_exists_and_brings_the_libraries() -> None:
    (part,) = ImagesExample.parts
    files = [parts.file(part)]
    assert part in parts.names()
    assert aws.flavour("local", files) == Flavour(onnx=True, images=True)
    assert aws.further_packages("local", files)["http"]


def test_a_champion_that_reads_no_images_is_refused() -> None:
    with pytest.raises(UserError, match="expected a champion that reads images, got sessions 1"):
        ImagesExample().check(FakeModelStore(artifacts.artifact()))  # type: ignore[arg-type]
    ImagesExample().check(FakeModelStore(image_models.artifact()))  # type: ignore[arg-type]
