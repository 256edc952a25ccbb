"""Verifying versions for `millrace model verify`: as the scorer does it, and what to say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from millrace.model import catalogue, signing
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.errors import ModelStoreError
from model_store.release import Pointer
from model_store.signature import PublicKeys
from model_store.verify import verify
from training import baseline


@dataclass(frozen=True, slots=True)
class Result:
    """One version, and why it was refused (empty: it was not). size : bytes of its model file; 0 if it was refused."""

    version: str
    roles: tuple[str, ...]
    refused: str = ""
    golden_rows: int = 0
    signature: str = ""
    size: int = 0

    def told(self) -> str:
        name = f"{self.version} ({', '.join(self.roles)})" if self.roles else self.version
        if self.refused:
            return f"{name}: {self.refused}"
        return f"{name}: size, SHA-256, structure, load and {self.golden_rows} golden rows pass; {self.signature}"

    def described(self) -> dict[str, Any]:
        described: dict[str, Any] = {"version": self.version, "roles": self.roles, "verified": not self.refused}
        return described | ({"refused": self.refused} if self.refused else {"signature": self.signature})


def of_folder(folder: str) -> list[Result]:
    """An artifact that is not in a store yet: it is signed when it is published."""
    artifact = catalogue.read_folder(Path(folder))
    return [_checked(artifact.manifest.version, (), lambda: artifact, None)]


def of_store(stack: Stack, version: str | None) -> list[Result]:
    """One version, or all that the release names. What the release names is read as it pins it."""
    store, keys = stack.model_store(), signing.public_keys(stack.outputs)
    held: dict[Pointer, list[str]] = {}
    if release := catalogue.current(store) if version else catalogue.released(store):
        for role, pointer in release.roles().items():
            held.setdefault(pointer, []).append(role)
    if version is not None:
        pinned = {pointer: roles for pointer, roles in held.items() if pointer.version == version}
        held = pinned or {store.pointer(version): []}
    return [
        _checked(pointer.version, tuple(roles), lambda pointer=pointer: store.artifact(pointer), keys)  # type: ignore[misc]
        for pointer, roles in held.items()
    ]


def _checked(version: str, roles: tuple[str, ...], read: Callable[[], Artifact], keys: PublicKeys | None) -> Result:
    try:
        artifact = read()
        # What no release names need not be signed: it is when it gets a role.
        verify(artifact, signature=keys.check if keys and roles else None)
        baseline.check(artifact.manifest)
    except ModelStoreError as error:
        return Result(version, roles, str(error))
    manifest = artifact.manifest
    return Result(version, roles, "", len(manifest.golden_rows), signing.state(artifact, keys), manifest.file.size)
