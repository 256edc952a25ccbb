import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.faults import Code, Fault
from scoring.features import Matrix

# The first double that rounds to infinity as float32.
OVERFLOW = 3.4028235677973366e38


@given(st.lists(st.tuples(*[st.floats(width=32) | st.floats(-3e38, 3e38)] * 3), max_size=8))
def test_rows_lie_one_after_the_other_as_numpy_rounds_them(rows):
    finite = [tuple(0.0 if math.isinf(value) else value for value in row) for row in rows]
    matrix = Matrix(3)
    for row in finite:
        matrix.append(row, "abc")
    assert matrix.rows == len(rows)
    assert bytes(matrix.data) == np.array(finite, dtype=np.float32).tobytes() or any(map(math.isnan, sum(finite, ())))
    found = struct.unpack(f"={3 * len(rows)}f", matrix.data)
    np.testing.assert_array_equal(np.float32(found), np.array(finite, dtype=np.float32).ravel())


@pytest.mark.parametrize("value", [OVERFLOW, -OVERFLOW, 1e39, 1e308])
def test_a_value_that_float32_cannot_hold_is_a_fault_and_adds_nothing(value):
    matrix = Matrix(3)
    matrix.append((1.0, 2.0, 3.0), "abc")
    with pytest.raises(Fault) as caught:
        matrix.append((1.0, value, value), ["/features/a", "/features/b", "/features/c"])
    assert (caught.value.code, caught.value.path) == (Code.NON_FINITE, "/features/b")
    assert (matrix.rows, len(matrix.data)) == (1, 12)


def test_the_largest_values_of_float32_pass():
    matrix = Matrix(2)
    matrix.append((math.nextafter(OVERFLOW, 0), -math.nextafter(OVERFLOW, 0)), "ab")
    assert np.isfinite(np.frombuffer(matrix.data, np.float32)).all()
