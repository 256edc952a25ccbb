"""JSON Pointers (RFC 6901): how manifests, faults and quarantine entries name a member of an event.

"" is the whole event, "/features/pages" a member of a member, "/rows/0" the first item of an array. In a token `~0`
is `~`, and `~1` is `/`. Whether a token names a member or counts items depends on the value that it is applied to.
"""

from __future__ import annotations

import re
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_BAD_ESCAPE = re.compile(r"~(?![01])")


@lru_cache(maxsize=1024)  # those of a manifest are asked for ten times each while its model is loaded
def parse(pointer: str) -> tuple[str, ...]:
    """The tokens of a pointer. Raises ValueError."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"expected a JSON Pointer, which begins with /, got {pointer!r:.80}")
    if _BAD_ESCAPE.search(pointer):
        raise ValueError(f"expected ~0 (for ~) or ~1 (for /) after each ~ of a JSON Pointer, got {pointer!r:.80}")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def write(tokens: Iterable[str]) -> str:
    """The pointer of these tokens.

    >>> write(("features", "a/b"))
    '/features/a~1b'
    """
    return "".join(f"/{token.replace('~', '~0').replace('/', '~1')}" for token in tokens)


def is_index(text: str) -> bool:
    """Whether a token, as text, counts the items of an array."""
    return text.isascii() and text.isdecimal() and len(text) < 10 and (text[0] != "0" or text == "0")


def find(value: Any, tokens: Sequence[str], *, default: Any) -> Any:
    """The value at the tokens' place in a JSON value; `default` where there is none."""
    for token in tokens:
        if type(value) is dict and token in value:
            value = value[token]
        elif type(value) is list and is_index(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return default
    return value
