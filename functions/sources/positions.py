"""Parts of positions that a caller or a producer chooses."""

from __future__ import annotations


def escaped(part: str) -> str:
    """The part without the character that joins parts, so that no two positions give one text."""
    return part.replace("%", "%25").replace("|", "%7C")


def object_position(key: str, version: str, row: int | None = None) -> str:
    """Of a row of an object in S3, or of the object.

    version : the version id, or the ETag in a bucket without versions.
    """
    parts = [escaped(key), version]
    return "|".join(parts if row is None else [*parts, str(row)])
