"""Sums without rounding, which are identical for any order of adding and merging.

A float is an integer times a power of two, and so are products and sums of floats: Python's integers represent them
exactly. A sum of values between 1e-9 and 1e9 takes about 20 bytes; the largest possible one, of products of any four
floats, about 1,100 bytes.
"""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np

from model_store.documents import string
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]
    type Integers = NDArray[np.int64]

# A float64's mantissa in bits, and those of its lower half. Sums of halves are exact in float64 up to 2**26 values.
MANTISSA, HALF = 53, 27
MOST_VALUES = 1 << (MANTISSA - HALF)
# Veltkamp's constant: splits a float64 into two parts whose products are exact.
SPLITTER = 2.0**HALF + 1

_STORED = re.compile(r"(-?[0-9a-f]{1,5000})p-([0-9]{1,4})")


class ExactSum:
    """A sum of products of finite floats.

    >>> total = ExactSum()
    >>> total.add_all(np.array([1e16, 1.0, -1e16]))
    >>> float(total.value)
    1.0
    """

    __slots__ = ("_exponent", "_numerator")

    def __init__(self) -> None:
        self._numerator, self._exponent = 0, 0  # the sum is numerator / 2**exponent

    def add_all(self, *factors: Floats) -> None:
        """Add the products of the factors' elements, up to MOST_VALUES finite ones."""
        for mantissas, exponents in _products(factors):
            self._add_terms(mantissas, exponents)

    def _add_terms(self, mantissas: Floats, exponents: Integers) -> None:
        """Add mantissa × 2**exponent, element by element: as integers, by exponent, in two halves of 27 and 26 bits."""
        if not len(mantissas):
            return
        fractions, more = np.frexp(mantissas)
        whole = np.ldexp(fractions, MANTISSA).astype(np.int64)
        exponents = np.where(whole == 0, 0, exponents + more)
        lowest = int(exponents.min())
        place = exponents - lowest
        upper, lower = (np.bincount(place, half).tolist() for half in (whole >> HALF, whole & ((1 << HALF) - 1)))
        sums = ((int(high) << HALF) + int(low) for high, low in zip(upper, lower, strict=True))
        numerator = sum(total << i for i, total in enumerate(sums))
        exponent = MANTISSA - lowest
        self._add(numerator << max(0, -exponent), max(0, exponent))

    def merge(self, other: Self) -> None:
        self._add(other._numerator, other._exponent)

    def _add(self, numerator: int, exponent: int) -> None:
        if exponent > self._exponent:
            self._numerator <<= exponent - self._exponent
            self._exponent = exponent
        self._numerator += numerator << (self._exponent - exponent)

    @property
    def value(self) -> Fraction:
        return Fraction(self._numerator, 1 << self._exponent)

    def to_json(self) -> str:
        """The sum in hexadecimal, in lowest terms, so that equal sums have equal texts. `-1fp-4` is -31/16."""
        value = self.value
        return f"{value.numerator:x}p-{value.denominator.bit_length() - 1}"

    @classmethod
    def read(cls, stored: Any, path: str) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        match = _STORED.fullmatch(string(stored, path))
        if not match:
            raise DocumentInvalid(f"{path}: expected a sum such as 1fp-4, got {stored!r:.40}")
        total = cls()
        total._add(int(match[1], 16), int(match[2]))
        return total


def _products(factors: tuple[Floats, ...]) -> list[tuple[Floats, Integers]]:
    """Terms whose sum is the product of the factors without rounding, each a mantissa and an exponent.

    Dekker 1971, A floating-point technique for extending the available precision: the product of two floats is the
    rounded product and its error, both floats. Mantissas are from 1/2 to 1, so nothing overflows or underflows.
    """
    mantissas, exponents = np.frexp(factors[0])
    terms = [(mantissas, exponents.astype(np.int64))]
    for factor in factors[1:]:
        mantissas, exponents = np.frexp(factor)
        terms = [(part, of + exponents) for term, of in terms for part in _product(term, mantissas)]
    return terms


def _product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    product = a * b
    a_high, b_high = (SPLITTER * value - (SPLITTER * value - value) for value in (a, b))
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
