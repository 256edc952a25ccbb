"""Images in events: base64 or bytes, the steps that a manifest declares, and what is refused."""

import builtins
from typing import Any

import pytest

from inputs import PreparationInvalid, PreparationUnavailable, image
from model_store.errors import ArtifactRefused
from model_store.verify import verify
from records.faults import Code, Unfit
from tests.fakes import image_models, pictures
from tests.fakes.image_models import STEP, base64_of, preparation

FILE = pictures.written(pictures.picture())


def test_base64_and_bytes_give_the_same_tensor() -> None:
    row = preparation().prepare(FILE)
    assert len(row) == 4 * 3 * 16 * 16
    assert preparation().prepare(base64_of(FILE)) == row


REFUSED: list[tuple[Any, Code, str]] = [
    (None, Code.MISSING_FEATURE, "expected an image"),
    (7, Code.WRONG_TYPE, "in base64, as a text"),
    ([base64_of(FILE)], Code.WRONG_TYPE, "in base64, as a text"),
    ("not base64", Code.INVALID_BASE64, "in base64"),
    (base64_of(FILE)[:-1], Code.INVALID_BASE64, "in base64"),
    (base64_of(FILE) + "\n", Code.INVALID_BASE64, "in base64"),
    ("data:image/jpeg;base64," + base64_of(FILE), Code.INVALID_BASE64, "in base64"),
    ("ÿ" * 8, Code.INVALID_BASE64, "in base64"),
    ("", Code.INVALID_IMAGE, "begin otherwise"),
    (b"", Code.INVALID_IMAGE, "begin otherwise"),
    (b"GIF89a", Code.INVALID_IMAGE, "JPEG or PNG"),
    (FILE[:-20], Code.INVALID_IMAGE, "cut short"),
    (pictures.bomb(), Code.INPUT_TOO_LARGE, "up to 1,000,000 pixels"),
    (pictures.of_many_scans(40), Code.INPUT_TOO_LARGE, "scans"),
    (b"\xff" * 300_000, Code.INPUT_TOO_LARGE, "up to 262,144 bytes, got 300,000"),
    ("/" * 400_000, Code.INPUT_TOO_LARGE, "up to 262,144 bytes, got 300,000"),
]


@pytest.mark.parametrize(("value", "code", "text"), REFUSED, ids=lambda value: f"{value!r:.24}")
def test_what_is_no_image_is_refused_with_its_code(value: Any, code: Code, text: str) -> None:
    with pytest.raises(Unfit) as caught:
        preparation(max_bytes=262_144, max_pixels=1_000_000).prepare(value)
    assert caught.value.code == code
    assert text in caught.value.detail
    assert "JFIF" not in caught.value.detail


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"version": 2}, "resized-pixels of version 1"),
    ({"width": 0}, "width: expected an integer from 1 to 1024"),
    ({"height": 1.5}, "height: expected an integer"),
    ({"color": "bgr"}, "color: expected one of rgb, grey"),
    ({"fit": "pad"}, "fit: expected one of crop, stretch"),
    ({"crop": 0}, "crop: expected a number from 0.1 to 1"),
    ({"crop": True}, "crop: expected a number"),
    ({"crop": float("nan")}, "crop: expected a number"),
    ({"filter": "hamming"}, "filter: expected one of nearest"),
    ({"layout": "chw"}, "layout: expected one of nchw, nhwc"),
    ({"element": "int8"}, "element: expected one of float32, uint8"),
    ({"mean": [1, 2]}, "mean: expected an array of 3 numbers"),
    ({"scale": "1"}, "scale: expected a number"),
    ({"scale": float("inf")}, "scale: expected a number"),
    ({"element": "uint8"}, "mean, scale: expected 0 and 1 for uint8"),
    ({"max_bytes": 1 << 24}, "max_bytes: expected an integer"),
    ({"max_pixels": 10**9}, "max_pixels: expected an integer"),
    ({"rotate": True}, "'rotate': unknown member"),
]


@pytest.mark.parametrize(("members", "text"), INVALID, ids=lambda value: f"{value!r:.40}")
def test_steps_are_read_strictly(members: dict[str, Any], text: str) -> None:
    with pytest.raises(PreparationInvalid) as caught:
        image.read([STEP | members])
    assert text in str(caught.value)


def test_defaults_are_written_out() -> None:
    (step,) = image.read([{"name": "resized-pixels", "version": 1, "width": 8, "height": 9}]).written()
    assert step == {
        "name": "resized-pixels", "version": 1, "width": 8, "height": 9, "color": "rgb", "fit": "crop", "crop": 1.0,
        "filter": "bicubic", "layout": "nchw", "element": "float32", "mean": [0.0] * 3, "scale": [1.0] * 3,
        "max_bytes": 8_388_608, "max_pixels": 25_000_000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("members", "shape"),
    [({}, (3, 16, 16)), ({"layout": "nhwc"}, (16, 16, 3)), ({"color": "grey", "height": 8}, (1, 8, 16))],
)
def test_the_shape_follows_the_layout(members: dict[str, Any], shape: tuple[int, ...]) -> None:
    how = preparation(**members)
    assert how.shape == shape
    assert len(how.prepare(FILE)) == 4 * how.channels * how.width * how.height


def test_without_pillow_the_artifact_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of another flavour has no module `images`."""
    artifact, imported = image_models.artifact(), builtins.__import__

    def without(name: str, *args: Any, **members: Any) -> Any:
        if name.partition(".")[0] == "images":
            raise ModuleNotFoundError(name)
        return imported(name, *args, **members)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PreparationUnavailable, match="expected a package with Pillow"):
        preparation().prepare(FILE)
    with pytest.raises(ArtifactRefused, match=r"load check: .*set images = true in the tfvars"):
        verify(artifact)
