"""A model artifact as bytes: on disk as a folder, in the model store as two objects, three where it is signed."""

from __future__ import annotations

from model_store.manifest import Manifest
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

MANIFEST_FILE = "manifest.json"
SIGNATURE_FILE = "manifest.sig"


class Artifact(Value):
    """One immutable model version: the manifest and the model file's bytes. Not verified by itself.

    signature : of the manifest's canonical bytes, as the model store has it; None where there is none.
    """

    manifest: Manifest
    model: bytes
    signature: bytes | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read an artifact's folder. Raises OSError and DocumentInvalid."""
        manifest = Manifest.from_bytes((folder / MANIFEST_FILE).read_bytes())
        return cls(manifest, (folder / manifest.file.name).read_bytes())

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.manifest.file.name).write_bytes(self.model)
        (folder / MANIFEST_FILE).write_bytes(self.manifest.to_bytes())
