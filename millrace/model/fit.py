"""Whether a stack's functions have the memory for a model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from model_store import memory as needs
from model_store.memory import MIB
from model_store.release import PREVIOUS, Pointer, Release

if TYPE_CHECKING:
    from millrace.model.releases import Changed
    from model_store.store import ModelStore

# Of Terraform's outputs, those of functions that load what is released; batches load the version that they are given.
LOADING = ("scorer", "http")


def memory(outputs: Mapping[str, Any]) -> int | None:
    """Bytes of the function with the least memory; None for a stack of a version that did not say."""
    known = [(outputs.get(name) or {}).get("memory_mb") for name in LOADING]
    return min((mb * MIB for mb in known if mb), default=None)


def swap_note(size: int, bytes_of_memory: int | None) -> str:
    """What to know of a model file of `size` bytes that replaces another one; empty where it fits next to it."""
    if bytes_of_memory is None or needs.needed(size, alongside=True) <= bytes_of_memory:
        return ""
    return (
        f"{size / MIB:.1f} MB do not fit next to the version that serves in {bytes_of_memory // MIB} MB: running "
        f"containers keep that version until they end, new ones load this one. Set memory_mb to "
        f"{-(-needs.needed(size, alongside=True) // MIB)} for a change at once"
    )


def notes(changed: "Changed", store: "ModelStore", outputs: Mapping[str, Any]) -> list[str]:
    """The notes on versions that a change of a release brings in."""
    if changed.before is None:
        return []
    former = _loaded(changed.before)
    added = [pointer for pointer in _loaded(changed.after) if pointer not in former]
    found = [(pointer.version, swap_note(store.model_size(pointer), memory(outputs))) for pointer in added]
    return [f"version {version}: {note}" for version, note in found if note]


def _loaded(release: Release) -> list[Pointer]:
    """What containers have loaded: `previous` they have not."""
    return list(dict.fromkeys(pointer for role, pointer in release.roles().items() if role != PREVIOUS))
