"""Sums without rounding, which are identical for any order of adding and merging.

A float is an integer times a power of two, and so are products and sums of floats: Python's integers represent them
exactly. A sum of values between 1e-9 and 1e9 takes about 20 bytes; the largest possible one, of products of any four
floats, about 1,100 bytes.
"""

from __future__ import annotations

import re
from fractions import Fraction

from model_store.documents import string
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

_STORED = re.compile(r"(-?[0-9a-f]{1,5000})p-([0-9]{1,4})")


class ExactSum:
    """A sum of products of finite floats.

    >>> total = ExactSum()
    >>> for value in (1e16, 1.0, -1e16):
    ...     total.add(value)
    >>> float(total.value)
    1.0
    """

    __slots__ = ("_exponent", "_numerator")

    def __init__(self) -> None:
        self._numerator, self._exponent = 0, 0  # the sum is numerator / 2**exponent

    def add(self, *factors: float) -> None:
        """Add the product of the factors, which must be finite."""
        numerator, exponent = 1, 0
        for factor in factors:
            top, bottom = factor.as_integer_ratio()
            numerator *= top
            exponent += bottom.bit_length() - 1  # bottom is a power of two
        self._add(numerator, exponent)

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
