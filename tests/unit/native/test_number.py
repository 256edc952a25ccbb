"""Numbers, by way of a schema with one feature: every bit as Python's float and struct.pack make it."""

import math
import re
import struct
from fractions import Fraction
from itertools import product
from random import Random

import pytest

from millrace.packaging.native import SOURCES
from model_store.feature import Feature
from tests.fuzz.native.judge import Judge

LITERALS = 50_000
POWER = re.compile(r"\{0x([0-9a-f]{16}), 0x([0-9a-f]{16})\}, /\* 10\^(-?\d+) \*/")


@pytest.fixture(scope="module")
def judge(native: object) -> Judge:
    return Judge([Feature("x", "float")])


def payload(literal: str) -> bytes:
    return f'{{"event_id":"e","features":{{"x":{literal}}}}}'.encode()


def amid(literal: str) -> bytes:
    """With text behind it, as for all numbers but an event's last one: those of few digits are read in one go."""
    return f'{{"features":{{"x":{literal}}},"event_id":"one of many"}}'.encode()


def literal(random: Random) -> str:
    """As producers write them: reprs, rounded ones, exponents, long ones, whole ones."""
    value = (
        struct.unpack("d", random.randbytes(8))[0]
        if random.random() < 0.1
        else random.gauss(0, 10 ** random.uniform(-9, 9))
    )
    digits = random.randint(1, 19)
    return random.choice(
        (
            repr(value),
            f"{value:.3f}",
            f"{value:.{random.randint(1, 17)}e}",
            str(int(value)) if abs(value) < 1e30 else "7",
            str(random.randrange(10**digits)),
            f"{random.randrange(10**digits)}e{random.randint(-60, 25)}",
            f"0.{'0' * random.randint(0, 12)}{random.randrange(10**digits)}",
            f"{random.randrange(10**digits)}.{random.randrange(10**30)}",
            f"{random.randrange(10**25)}e{random.randint(-360, 40)}",
        )
    )


def test_numbers_of_all_kinds_have_the_bits_of_python(judge: Judge) -> None:
    random, taken = Random(1), 0
    for i in range(LITERALS):
        text = (payload, amid)[i % 2](literal(random))
        row = judge.native(text)
        assert row == judge.exact(text), text
        taken += row is not None
    assert taken > LITERALS * 0.9


def middle(value: float) -> str:
    """The decimal half-way between a double and the next one up, with all its digits."""
    below, above = math.nextafter(value, 0), math.nextafter(value, math.inf)
    step = Fraction(value) - Fraction(below) if above == math.inf else Fraction(above) - Fraction(value)
    between = Fraction(value) + step / 2
    shift = between.denominator.bit_length() - 1
    digits = str(between.numerator * 5**shift)
    return f"{digits}e-{shift}"


@pytest.fixture(scope="module")
def doubles(native: object) -> Judge:
    """Whether a double is a certain one can be seen of a category, which is compared as the number that it is."""
    return Judge([Feature("x", "category", categories=tuple(map(repr, DOUBLES)))])


DOUBLES = (
    *(5e-324, 1e-323, 2.225073858507201e-308, 2.2250738585072014e-308, 1.7976931348623157e308, 1.7976931348623155e308),
    *(0.1, 0.3, 1e22, 1e23, 9007199254740993.0, 4503599627370496.5, 2.0**-44, 1e-66, 123456789012345680.0),
)


def test_what_is_next_to_the_middle_between_two_doubles_has_the_bits_of_python(doubles: Judge) -> None:
    taken = 0
    for value in DOUBLES:
        for below in (value, math.nextafter(value, 0)):
            digits, power = middle(below).split("e")
            for changed in (digits, f"{int(digits) * 10 - 1}", f"{digits}1", f"{digits}{'0' * 900}1"):
                text = payload(f"{changed}e{int(power) - (len(changed) - len(digits))}")
                row = doubles.native(text)
                assert row == doubles.exact(text), text
                taken += row is not None
    assert taken > 4 * len(DOUBLES)


def test_a_number_of_any_length_is_read(judge: Judge) -> None:
    for text in (
        "1" * 39,
        "0." + "0" * 5_000 + "1",
        "1." + "3" * 9_000,
        "12" + "0" * 30 + "e-20",
        "0" + ".0" + "0" * 99,
    ):
        assert judge.native(payload(text)) == judge.exact(payload(text)) is not None, text
    for text in ("1" * 4300, "1" * 4301, "1" * 400 + ".5", "1e999999999999", "1e-99999999999", "0e99999999999"):
        assert judge.native(payload(text)) == judge.exact(payload(text)), text


def test_what_python_writes_of_a_float_within_reach_is_always_taken(judge: Judge) -> None:
    random = Random(2)
    for i in range(LITERALS):
        value = random.choice((random.random(), random.uniform(-1e6, 1e6), random.expovariate(1e4)))
        text = (payload, amid)[i % 2](repr(value))
        assert judge.native(text) == judge.exact(text) is not None, text


def test_few_digits_are_read_as_many_are(judge: Judge) -> None:
    random, taken = Random(4), 0
    for whole, places in product(range(10), range(10)):
        for sign, exponent, blank in product(("", "-", "+", "--"), ("", "e2", "E-3", "e", "x"), ("", " ", "\n")):
            digits = [f"{random.randrange(10**n):0{n}}" if n else "" for n in (whole, places)]
            for point in ("", ".", ".."):
                for literal in (point.join(digits), point.join(("0" * whole, "0" * places))):
                    text = amid(f"{sign}{literal}{exponent}{blank}")
                    row = judge.native(text)
                    assert row == judge.exact(text), text
                    taken += row is not None
    assert taken > 2_000


@pytest.mark.parametrize(
    "literal", ["0", "-0", "7", "-7", "1234567", "12345678", "0.0", "-0.0", "-1.5", "1234567.1234567", "0.0000001"]
)
def test_a_number_amid_others_is_taken(judge: Judge, literal: str) -> None:
    for text in (amid(literal), amid(f"{literal} "), payload(literal)):
        assert judge.native(text) == judge.exact(text) is not None, text


@pytest.mark.parametrize(
    "literal", ["01", "-01", "00.5", ".5", "-.5", "1.", "-", "+1", "1.e5", "1.5e", "1.5x", "1-", ""]
)
def test_what_is_no_number_is_left_to_the_exact_path(judge: Judge, literal: str) -> None:
    for text in (amid(literal), payload(literal)):
        assert judge.native(text) is None, text


def test_half_way_between_two_float32_the_double_decides(judge: Judge) -> None:
    random = Random(3)
    for _ in range(2_000):
        low = struct.unpack("f", struct.pack("f", random.uniform(1, 1000)))[0]
        bits = struct.unpack("I", struct.pack("f", low))[0]
        high = struct.unpack("f", struct.pack("I", bits + 1))[0]
        middle = (low + high) / 2
        for text in map(payload, (repr(middle), f"{middle!r}1", f"{middle!r}000001", f"{middle * (1 + 2**-52)!r}")):
            assert judge.native(text) == judge.exact(text), text
        assert judge.native(payload(repr(middle))) is not None


def test_the_powers_of_ten_are_cut_off_after_128_bits() -> None:
    powers = {int(m[3]): int(m[1] + m[2], 16) for m in POWER.finditer((SOURCES / "powers_of_ten.h").read_text())}
    assert list(powers) == list(range(-342, 325))
    for power, bits in powers.items():
        exponent = power * 217706 // 65536 - 127
        assert bits.bit_length() == 128
        assert 0 <= Fraction(10) ** power / Fraction(2) ** exponent - bits < 1
