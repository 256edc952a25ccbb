"""Doubles in decimal: Python's repr, of scores, which are float32, and of any number that passes through."""

import math
import random
import struct
from array import array

import pytest

from model_store.event_format import EventFormat
from model_store.feature import Feature
from tests.fakes import native_rows
from tests.fakes.native_rows import NO_LIMIT
from tests.fuzz.native.judge import Judge


def written(native, scores):
    """Each score as a message has it: many are written as the classes of one row."""
    table, messages = native_rows.table(native), native.Messages()
    table.add_row("", "", "", "", bytes(20), 0, 0)
    assert table.encode(scores, len(scores), (), None, "", NO_LIMIT, False, messages) == ([], [])
    return messages[0][1].split(b"[")[1].split(b"]")[0].decode().split(",")


def check(native, bits):
    scores = array("f", struct.pack(f"={len(bits)}I", *bits))
    assert written(native, scores) == [repr(score) for score in scores]


def test_every_exponent_with_mantissas_at_the_edges_and_between(native):
    random.seed(5)
    edges = [0, 1, 2, 3, 0x7FFFFF, 0x7FFFFE, 0x400000, 0x3FFFFF, *(1 << bit for bit in range(23))]
    for exponent in range(255):
        mantissas = edges + [random.getrandbits(23) for _ in range(300)]
        check(native, [exponent << 23 | mantissa for mantissa in mantissas])


@pytest.mark.parametrize("sign", [0, 1 << 31])
def test_special_values(native, sign):
    bits = (0, 1, 2, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x3F800000, 0x3DCCCCCD, 0x34000000)
    check(native, [sign | each for each in bits])


def test_numbers_at_which_the_form_changes(native):
    scores = array("f", [x for e in range(-45, 38) for x in (10.0**e, -(10.0**e), 9.999999 * 10.0**e)])
    scores += array("f", [k / 1000 for k in range(3000)])
    scores += array("f", [*map(float, range(2000)), *(2.0**k for k in range(-149, 128))])
    assert written(native, scores) == [repr(score) for score in scores]
    forms = ["0.0001220703125", "6.103515625e-05", "0.5", "9007199254740992.0", "1.8014398509481984e+16"]
    assert written(native, array("f", map(float, forms))) == forms


def test_a_hundred_thousand_at_random(native):
    random.seed(6)
    check(native, [random.getrandbits(1) << 31 | random.randrange(255 << 23) for _ in range(100_000)])


def test_the_powers_of_ten_are_those_that_the_script_writes(native):
    from scripts.powers_of_ten import EXPONENTS, FILE, LAST_EXACT, header, power

    assert FILE.read_text() == header()
    assert {power(k).bit_length() for k in EXPONENTS} == {128}
    assert all(power(k) % (1 << 64) < (1 << 64) - 1 for k in EXPONENTS), "one more never carries"
    exact = [k for k in EXPONENTS if k >= 0 and 10**k % (1 << max(0, (10**k).bit_length() - 128)) == 0]
    assert exact == list(range(LAST_EXACT + 1))


def passed(judge, doubles):
    """Doubles as they are written where they pass through."""
    text = ",".join(f"{double:.17g}" + "e0" * (double.is_integer() and abs(double) < 1e17) for double in doubles)
    row = judge.native(b'{"event_id":"e","features":{"x":1},"d":[%s]}' % text.encode())
    return row.passthrough.removeprefix('{"d":[').removesuffix("]}").split(",")


def test_doubles_that_pass_through(native):
    random.seed(8)
    judge = Judge([Feature("x", "float", "/features/x")], None, EventFormat(passthrough=("/d",)))
    edges = [0.0, -0.0, 5e-324, 1e-323, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308, 1e22]
    edges += [9007199254740992.0, 2.0**-44, 1e23, 1e16, 1e-5, 9999999999999998.0, 0.1, 1 / 3]
    powers = [2.0**exponent for exponent in range(-1074, 1024)]
    near = [math.nextafter(power, towards) for power in powers for towards in (0, math.inf)]
    drawn = [struct.unpack("d", random.randbytes(8))[0] for _ in range(50_000)]
    doubles = [double for double in edges + powers + near + drawn if math.isfinite(double)]
    for start in range(0, len(doubles), 30):
        some = doubles[start : start + 30]
        assert passed(judge, some) == list(map(repr, some))
