"""What is in the model store: versions, and what is known of each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from millrace.errors import UserError
from model_store.artifact import Artifact
from model_store.errors import DocumentInvalid, ReleaseMissing, VersionMissing
from model_store.manifest import Manifest
from model_store.release import Release
from model_store.store import ModelStore
from model_store.stored_release import StoredRelease

AT_ONCE = 8  # manifests that are read at the same time


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One version; `fault` says why its manifest could not be read, and then the rest is not known."""

    version: str
    roles: tuple[str, ...]
    created_at: str = ""
    objective: str = ""
    features: int = 0
    size: int = 0
    metrics: dict[str, float] | None = None
    fault: str = ""


def versions(store: ModelStore) -> list[ListedVersion]:
    """All versions, the newest last. One whose upload did not get as far as its manifest is left out."""
    release = current(store)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        listed = pool.map(lambda version: _listed(store, version, release), store.versions())
        return sorted(filter(None, listed), key=lambda entry: (entry.created_at, entry.version))


def current(store: ModelStore) -> Release | None:
    """The release, or None before the first one."""
    try:
        return released(store)
    except ReleaseMissing:
        return None


def released(store: ModelStore) -> Release:
    """The release. Raises ReleaseMissing, which says what to do."""
    return cast(StoredRelease, store.release()).release  # only a conditional read gives None


def artifact_of(name: str, open_store: Callable[[], ModelStore]) -> Artifact:
    """A version of the store, or the folder of an artifact: whatever has a slash in it is a folder."""
    if "/" in name:
        return read_folder(Path(name))
    store = open_store()
    return store.artifact(store.pointer(name))


def read_folder(folder: Path) -> Artifact:
    """The artifact in a folder, not verified. Raises UserError, DocumentInvalid."""
    try:
        return Artifact.read(folder)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(
            f"{folder}: expected an artifact (millrace model train makes one), no {error.filename}"
        ) from None


def described(manifest: Manifest) -> dict[str, Any]:
    """A manifest for people: without golden rows and baseline."""
    return {
        "name": manifest.name,
        "version": manifest.version,
        "created_at": manifest.created_at,
        "digest": manifest.digest(),
        "framework": manifest.framework.described,
        "task": manifest.task,
        "objective": manifest.objective,
        "rounds": manifest.rounds,
        "scores": manifest.output.width,
        "labels": list(manifest.output.labels),
        "threshold": manifest.output.threshold,
        "event_id": manifest.event.event_id,
        "file": manifest.file.name,
        "size": manifest.file.size,
        "sha256": manifest.file.sha256,
        "golden_rows": len(manifest.golden_rows),
        "metrics": manifest.metrics,
        "features": [
            {
                "name": f.name,
                "type": f.type,
                "path": f.path,
                "allow_missing": f.allow_missing,
                "categories": len(f.categories),
            }
            for f in manifest.features
        ],
    }


def _listed(store: ModelStore, version: str, release: Release | None) -> ListedVersion | None:
    held = release.roles().items() if release else ()
    roles = tuple(role for role, pointer in held if pointer.version == version)
    try:
        manifest, _ = store.manifest(version)
    except VersionMissing:
        return ListedVersion(version, roles, fault="no manifest") if roles else None
    except DocumentInvalid as error:
        return ListedVersion(version, roles, fault=str(error))
    return ListedVersion(
        version,
        roles,
        manifest.created_at,
        manifest.objective or "",
        len(manifest.features),
        manifest.file.size,
        manifest.metrics,
    )
