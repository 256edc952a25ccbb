"""A model artifact as bytes: on disk as a folder, in the model store as two objects."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from model_store.manifest import MODEL_FILE, Manifest

MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One immutable model version: the manifest and the model file's bytes. Not verified by itself."""

    manifest: Manifest
    model: bytes

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read an artifact's folder. Raises OSError and DocumentInvalid."""
        manifest = Manifest.from_bytes((folder / MANIFEST_FILE).read_bytes())
        return cls(manifest, (folder / MODEL_FILE).read_bytes())

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL_FILE).write_bytes(self.model)
        (folder / MANIFEST_FILE).write_bytes(self.manifest.to_bytes())
