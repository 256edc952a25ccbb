"""Numbers that are text."""

from __future__ import annotations

import re

from records.categories import MOST_DIGITS

# JSON's own numbers: no space, no underscore, no leading zero or plus sign.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)


def number_of(text: str) -> int | float | None:
    """The number that a text is, as JSON writes numbers; None where it is none."""
    if not (match := _NUMBER.fullmatch(text)):
        return None
    whole = match[2] is None and match[3] is None and len(text) < MOST_DIGITS
    return int(text) if whole else float(text)
