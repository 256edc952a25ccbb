"""Pixels to tensors: layouts, types, and numbers to the last bit."""

import struct
from typing import Any

import numpy as np
import pytest

from images.tensor import tensor
from tests.fakes import image_models

PIXELS = np.random.default_rng(3).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def made(pixels: np.ndarray = PIXELS, **members: Any) -> bytes:
    return tensor(pixels.tobytes(), image_models.preparation(**{"width": 6, "height": 4} | members))


@pytest.mark.parametrize(("layout", "axes"), [("nchw", (2, 0, 1)), ("nhwc", (0, 1, 2))])
def test_each_channel_has_its_mean_and_scale_and_is_rounded_once(layout: str, axes: tuple[int, ...]) -> None:
    mean, scale = [123.675, 116.28, 103.53], [1 / 58.395, 1 / 57.12, 1 / 57.375]
    expected = (PIXELS * np.array(scale) - np.array(mean) * np.array(scale)).astype(np.float32).transpose(axes)
    assert made(layout=layout, mean=mean, scale=scale) == expected.tobytes()


@pytest.mark.parametrize(("layout", "axes"), [("nchw", (2, 0, 1)), ("nhwc", (0, 1, 2))])
def test_bytes_stay_what_they_are(layout: str, axes: tuple[int, ...]) -> None:
    found = made(layout=layout, element="uint8", mean=0, scale=1)
    assert found == PIXELS.transpose(axes).tobytes()


def test_one_number_is_for_all_channels_and_exact_where_it_can_be() -> None:
    values = struct.unpack("=72f", made())
    assert list(values[:24]) == [(value - 127) / 128 for value in PIXELS[:, :, 0].ravel().tolist()]


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_grey_has_one_channel(layout: str) -> None:
    grey = PIXELS[:, :, 0]
    assert made(grey, layout=layout, color="grey", mean=0, scale=1) == grey.astype(np.float32).tobytes()
