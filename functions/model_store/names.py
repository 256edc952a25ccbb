"""What a model, a version or a stack may be called: it becomes part of S3 keys, folders, metrics and commands."""

from __future__ import annotations

from model_store.errors import DocumentInvalid

MAX_LENGTH = 100
_PUNCTUATION = "._-"
# `millrace model shadow none` ends a shadow.
_RESERVED = ("none",)


def check(name: str, path: str) -> str:
    """The name, where it is one. `path` is what errors call it. Raises DocumentInvalid."""
    letters = all(letter.isalnum() or letter in _PUNCTUATION for letter in name)
    if not (name.isascii() and letters and name[:1].isalnum() and len(name) <= MAX_LENGTH):
        raise DocumentInvalid(
            f"{path}: expected 1 to {MAX_LENGTH} letters, digits, '.', '_' and '-', a letter or digit first, "
            f"got {name[: MAX_LENGTH + 1]!r}"
        )
    if name in _RESERVED:
        raise DocumentInvalid(f"{path}: expected another name than {name!r}, which commands use for no version")
    return name
