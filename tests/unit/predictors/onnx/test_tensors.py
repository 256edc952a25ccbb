"""Weights: what is no number that training ends at is found among all others, wherever in a file it is."""

import math
import struct

import numpy as np
import pytest

from predictors.errors import ModelUnsound
from predictors.onnx import tensors
from predictors.onnx.tensors import DOUBLE, FLOAT, FLOAT16

# By type: `struct`'s name, and from which value on a number is too large.
KINDS = {FLOAT: ("<f", 2.0**101), DOUBLE: ("<d", math.inf), FLOAT16: ("<e", math.inf)}


def refused(data: bytes, places: list[tuple[int, int]], kind: int) -> bool:
    try:
        assert tensors.check_finite(data, places, kind, "w") == sum(end - start for start, end in places)
    except ModelUnsound:
        return True
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_is_judged_by_its_value(kind: int) -> None:
    """Each last byte with some before it: sign, exponent and the mantissa's first bits."""
    code, limit = KINDS[kind]
    size = struct.calcsize(code)
    for last in range(256):
        for second in (0, 1, 0x7F, 0x80, 0xEF, 0xF0, 0xF1, 0xFF):
            (value,) = struct.unpack(code, raw := bytes(size - 2) + bytes([second, last]))
            expected = not math.isfinite(value) or abs(value) >= limit
            assert refused(bytes(size) + raw, [(0, 2 * size)], kind) is expected, value


def test_a_weight_is_found_in_its_place_and_in_parts() -> None:
    good, bad = np.arange(1_000, dtype="<f4").tobytes(), np.array([1, np.inf, 2], "<f4").tobytes()
    data = b"name" + good + bad + b"\xff\xff\xff\x7f"
    start = 4 + len(good)
    assert not refused(data, [(4, start)], FLOAT)
    assert refused(data, [(4, start + len(bad))], FLOAT)
    assert refused(data, [(4, 8), (start + 4, start + 8)], FLOAT)
    assert not refused(data, [(start, start + 4), (start + 8, start + 12)], FLOAT)
    with pytest.raises(ModelUnsound, match="element 1001 is inf"):
        tensors.check_finite(data, [(4, start + len(bad))], FLOAT, "w")
