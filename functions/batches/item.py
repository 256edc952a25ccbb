"""What one step of a batch scores: ranges of one or more objects, and the part of the run that they are."""

from __future__ import annotations

from model_store.documents import Document
from model_store.errors import DocumentInvalid
from records.values import Value, as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How the bytes of an object are rows.
LINES, CSV, OBJECTS, ENVELOPES = FORMATS = ("lines", "csv", "objects", "envelopes")


class Span(Value):
    """Rows of one object: the bytes from `start` up to `end`, whose first row is the object's row `first`.

    version : the object's version id; in a bucket without versions "", and then the ETag is its version.
    modified_at : RFC 3339 in UTC, with milliseconds.
    columns : of CSV with a header: for each feature of the model, its place in a line. width : the header's fields.
    unpacked : of a compressed object: the key in the batch bucket that has just these rows.
    """

    bucket: str
    key: str
    version: str
    etag: str
    modified_at: str
    start: int
    end: int
    first: int
    rows: int
    columns: tuple[int, ...] = ()
    width: int = 0
    unpacked: str = ""

    @classmethod
    def read(cls, document: Document) -> Span:
        document.only(cls.__match_args__)
        texts = {name: document.get(name, str) for name in ("bucket", "key", "version", "etag", "modified_at")}
        numbers = {name: document.get(name, int) for name in ("start", "end", "first", "rows")}
        return cls(
            **texts,
            **numbers,
            columns=tuple(document.get("columns", list, [])),
            width=document.get("width", int, 0),
            unpacked=document.get("unpacked", str, ""),
        )


class BatchItem(Value):
    """part : its place in the run: predictions are in the order of the input when read part by part."""

    part: int
    spans: tuple[Span, ...]

    @property
    def rows(self) -> int:
        return sum(span.rows for span in self.spans)

    @classmethod
    def read(cls, value: Any) -> BatchItem:
        """Raises DocumentInvalid."""
        document = Document.of(value, "item")
        document.only(cls.__match_args__)
        return cls(document.get("part", int), tuple(Span.read(span) for span in document.children("spans")))

    def to_json(self) -> dict[str, Any]:
        written: dict[str, Any] = as_dict(self)
        for span in written["spans"]:
            for name in ("columns", "width", "unpacked"):
                if not span[name]:
                    del span[name]
        return written


class RunSpec(Value):
    """What a run scores: the objects below a prefix, or one object, by one version of the model.

    pointer : the version, with the S3 versions of its objects. format : one of FORMATS.

    object : of the one object that `prefix` is the key of: its `version_id`, or its `etag` in a bucket without
    versions; None: every object below the prefix, in its latest version.
    """

    run: str
    model: str
    pointer: dict[str, Any]
    bucket: str
    prefix: str
    format: str
    started_at: str
    object: dict[str, str] | None = None

    @classmethod
    def read(cls, value: Any) -> RunSpec:
        """Raises DocumentInvalid."""
        document = Document.of(value, "run")
        document.only(cls.__match_args__)
        read = {name: document.get(name, str) for name in cls.__match_args__ if name not in ("pointer", "object")}
        if read["format"] not in FORMATS:
            raise DocumentInvalid(f"run.format: expected one of {', '.join(FORMATS)}, got {read['format']!r}")
        return cls(pointer=document.get("pointer", dict), object=document.optional("object", _identity), **read)


def _identity(value: Any, path: str) -> dict[str, str]:
    document = Document.of(value, path)
    for name in ("version_id", "etag"):
        if name in document.members:
            document.only((name,))
            return {name: document.get(name, str)}
    raise DocumentInvalid(f"{path}: expected version_id or etag")
