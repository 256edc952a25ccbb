"""Members of schema 2 whose parts are not built yet.

Manifest and release have every member that the design names, so that no later part needs a schema 3. Until its part
is built, a member has its neutral value, which means what Millrace does today, and any other is refused by name:
it must not be ignored. Building a part moves its entry from here to the class that reads it.
"""

from __future__ import annotations

import json

from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from model_store.documents import Document

# By the object that they are in: the neutral value, and what this version does not do.
RESERVED: dict[str, dict[str, tuple[Any, str]]] = {
    "model": {},
    "event": {},
    "inputs": {},
    "feature": {},
    "output": {},
    "prediction": {
        "attributions": (None, "takes the setting of attributions from the release only"),
    },
}


def check(document: Document, part: str, members: Iterable[str] = ()) -> None:
    """Refuse what is neither one of `members` nor a reserved member of `part` with its neutral value.

    Raises DocumentInvalid.
    """
    reserved = RESERVED[part]
    document.only((*members, *reserved))
    for name, (value, lack) in reserved.items():
        found = document.members.get(name, value)
        if type(found) is not type(value) or found != value:
            expected = f"expected {json.dumps(value)}: this version of Millrace {lack}"
            raise DocumentInvalid(f"{document.path}.{name}: {expected}")


def neutral(part: str) -> dict[str, Any]:
    """The reserved members of `part`, as they are written."""
    return {name: value for name, (value, _) in RESERVED[part].items()}
