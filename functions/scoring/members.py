"""Where an event has its features: the objects that hold them, and the members known there."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.manifest import Manifest


def parents_of(manifest: Manifest) -> list[tuple[str, ...]]:
    """The paths of the objects that have features, in the features' order."""
    return list(dict.fromkeys(feature.tokens[:-1] for feature in manifest.features))


def known_members(manifest: Manifest, parent: tuple[str, ...]) -> frozenset[str]:
    """The members that are known in an object with features: these, and what leads to others and to the event's id."""
    paths = [feature.tokens for feature in manifest.features]
    if manifest.event.unwrap == "none" and (event_id := manifest.event.event_id_tokens):
        paths.append(event_id)
    depth = len(parent)
    return frozenset(path[depth] for path in paths if len(path) > depth and path[:depth] == parent)
