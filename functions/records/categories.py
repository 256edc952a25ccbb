"""Which of a feature's categories a JSON scalar is: the one definition, for training, import, replay and the scorer.

A manifest's categories are texts. A string is the category of that text. A number is the category whose text is that
number, however it is written (3, 3.0 and 3e0 are one number), and a boolean the one whose text is `true` or `false`
in one of the usual spellings. A feature takes numbers, or booleans, only if one of its categories is one.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

BOOLEANS = {"true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}
# Compiled when a category begins as a number does: seldom, and a cold start is short.
_NUMBER = r"(?![+-]?0[0-9])[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"  # 007 is a name, not a number
_BEGINS = frozenset("+-.0123456789")
MOST_DIGITS = 4_000  # of an integer: Python converts no more than 4,300


def text_of(value: str | float) -> str:
    """The category that a JSON scalar is, as text: equal numbers give one text."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float and not value.is_integer():
        return repr(value)
    return str(int(value))


class CategoryCodes:
    """The codes of a feature's categories: their places in `categories`."""

    def __init__(self, categories: Sequence[str]) -> None:
        self.texts = {category: float(code) for code, category in enumerate(categories)}
        self.numbers: dict[float, float] = {}
        self.booleans: dict[bool, float] = {}
        for category, code in self.texts.items():
            if (number := _number(category)) is not None and (
                number not in self.numbers or text_of(number) == category
            ):
                self.numbers[number] = code
            if category in BOOLEANS:
                self.booleans.setdefault(BOOLEANS[category], code)

    def of(self, value: Any) -> float | None:
        """The code of a JSON scalar; None for an unknown one. Raises TypeError for a value of a type it cannot have."""
        kind = type(value)
        if kind is str:
            return self.texts.get(value)
        if (kind is int or kind is float) and self.numbers:
            return self.numbers.get(value)
        if kind is bool and self.booleans:
            return self.booleans.get(value)
        raise TypeError(self.expected)

    def has(self, value: Any) -> bool:
        """Whether a JSON value is one of the categories."""
        try:
            return self.of(value) is not None
        except TypeError:
            return False

    def of_text(self, value: Any) -> float | None:
        """As `of`; a text that is no category itself may be the number or the boolean that is one."""
        code = self.of(value)
        if code is not None or type(value) is not str:
            return code
        number = _number(value)
        if number is not None:
            return self.numbers.get(number)
        return self.booleans.get(BOOLEANS[value]) if value in BOOLEANS else None

    @property
    def expected(self) -> str:
        """The types that a value may have, in words."""
        kinds = ["a string", *["a number"] * bool(self.numbers), *["true or false"] * bool(self.booleans)]
        return f"expected {' or '.join(kinds)}"


def _number(text: str) -> int | float | None:
    """The number that a category's text is; None where it is none."""
    if text[:1] not in _BEGINS or not re.fullmatch(_NUMBER, text, re.ASCII):
        return None
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < MOST_DIGITS else float(text)
