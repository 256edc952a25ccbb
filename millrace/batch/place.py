"""The batches of a stack, and the addresses of what they score."""

from dataclasses import dataclass
from typing import Any, Self

from batches.item import CSV, FORMATS, LINES
from batches.text import GZIP
from millrace.errors import UserError
from millrace.stack import Stack

SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Address:
    """Objects below a prefix, or one object."""

    bucket: str
    prefix: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Of `s3://bucket/prefix`. Raises UserError."""
        bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
        if not text.startswith(SCHEME) or not bucket:
            raise UserError(f"expected s3://bucket/prefix, or a local file with --upload, got {text!r}")
        return cls(bucket, prefix)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """A stack's batches: where runs are, what starts them, and what an estimate depends on."""

    stack: Stack
    bucket: str
    machine: str
    settings: dict[str, Any]

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Raises UserError where the stack has no batches."""
        found = stack.switched_on("batch", "batch", "batches; switch them on")
        return cls(stack, found["bucket"], found["state_machine_arn"], found["settings"])


def format_of(address: Address, named: str | None) -> str:
    """How the objects are rows: as named, else by the end of the address. Raises UserError."""
    if named is not None and named not in FORMATS:
        raise UserError(f"--format: expected one of {', '.join(FORMATS)}, got {named!r}")
    return named or (CSV if address.prefix.removesuffix(GZIP).endswith(".csv") else LINES)
