"""The release: which versions of a model serve, and with what share. Small, mutable, one conditional write.

It also says who made it and why, so that the S3 versions of this one object are its history (ADR 17).
"""

from __future__ import annotations

import hashlib

from model_store.attribution_setting import AttributionSetting
from model_store.documents import Document, canonical, parse, string
from model_store.errors import DocumentInvalid
from records.values import Value, as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCHEMA_VERSION = 2
CHAMPION, CHALLENGER, SHADOW, PREVIOUS = "champion", "challenger", "shadow", "previous"
# Shares are decided in steps of one part in this many.
BUCKETS = 1 << 32


class Pointer(Value):
    """One artifact: its version, the SHA-256 of its manifest, and the S3 versions of its objects."""

    version: str
    manifest_digest: str
    manifest_version_id: str
    model_version_id: str
    signature_version_id: str | None = None

    @classmethod
    def read(cls, value: Any, path: str) -> Pointer:
        document = Document.of(value, path)
        document.only(cls.__match_args__)
        return cls(
            version=document.get("version", str),
            manifest_digest=document.get("manifest_digest", str),
            manifest_version_id=document.get("manifest_version_id", str),
            model_version_id=document.get("model_version_id", str),
            signature_version_id=document.optional("signature_version_id", string),
        )


class Change(Value):
    """How a release came about: the operation, who asked for it, and why (empty: not said)."""

    action: str
    by: str
    why: str

    @classmethod
    def read(cls, value: Any, path: str) -> Change:
        document = Document.of(value, path)
        document.only(cls.__match_args__)
        return cls(document.get("action", str), document.get("by", str), document.get("why", str, ""))


class Release(Value):
    """Champion serves; a challenger serves its `share` (0 to 1) of the partition keys; a shadow only scores.

    `previous` is the champion before: what a rollback goes back to, and what a new container falls back to.
    attributions : which predictions are explained; None: none.
    """

    champion: Pointer
    updated_at: str
    challenger: Pointer | None = None
    share: float = 0.0
    shadow: Pointer | None = None
    previous: Pointer | None = None
    change: Change | None = None
    attributions: AttributionSetting | None = None

    @classmethod
    def from_bytes(cls, raw: bytes) -> Release:
        """Read a release. Raises DocumentInvalid with the member's path."""
        document = parse(raw, "release")
        _check_schema(document)
        document.only(("schema_version", *cls.__match_args__))
        release = cls(
            champion=Pointer.read(document.members.get("champion"), "release.champion"),
            updated_at=document.get("updated_at", str),
            challenger=document.optional("challenger", Pointer.read),
            share=document.get("share", float, 0.0),
            shadow=document.optional("shadow", Pointer.read),
            previous=document.optional("previous", Pointer.read),
            change=document.optional("change", Change.read),
            attributions=document.optional("attributions", AttributionSetting.read),
        )
        if not 0 <= release.share <= 1 or (release.share > 0 and release.challenger is None):
            raise DocumentInvalid(f"release.share: expected 0 to 1, and 0 without a challenger: {release.share}")
        return release

    def to_bytes(self) -> bytes:
        return canonical({"schema_version": SCHEMA_VERSION, **as_dict(self)})

    def roles(self) -> dict[str, Pointer]:
        """The versions by role, those that are there."""
        roles = {CHAMPION: self.champion, CHALLENGER: self.challenger, SHADOW: self.shadow, PREVIOUS: self.previous}
        return {role: pointer for role, pointer in roles.items() if pointer is not None}

    def variant(self, partition_key: str) -> str:
        """The variant that serves a key: a pure function, so a retry, in any container, keeps its variant."""
        if not self.share:
            return CHAMPION
        digest = hashlib.sha256(partition_key.encode("utf-8", "surrogatepass")).digest()
        return CHALLENGER if int.from_bytes(digest[:4]) < self.share * BUCKETS else CHAMPION


def _check_schema(document: Document) -> None:
    found = document.get("schema_version", int)
    if found == SCHEMA_VERSION:
        return
    earlier = (
        "written by an earlier Millrace, whose artifacts are not read either: delete the object, make the model again "
        "with `millrace model import` or `millrace model train`, then `millrace model publish`"
    )
    raise DocumentInvalid(
        f"release.schema_version: expected {SCHEMA_VERSION}, got {found}: "
        f"{earlier if found < SCHEMA_VERSION else 'written by a later Millrace: use that one'}"
    )
