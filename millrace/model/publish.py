"""Bringing an artifact into the model store, and making it the champion."""

import time
from dataclasses import replace

from model_store.artifact import Artifact
from model_store.errors import ReleaseMissing
from model_store.release import Release
from model_store.store import ModelStore, StoredRelease
from scorer.records import timestamp


def publish(store: ModelStore, artifact: Artifact) -> Release:
    """Store an artifact and release it as champion; the champion before becomes `previous`.

    Raises ArtifactRefused, ArtifactExists, ReleaseConflict.
    """
    pointer = store.publish(artifact)
    before = _released(store)
    now = timestamp(time.time())
    if before is None:
        release = Release(champion=pointer, updated_at=now)
    elif before.release.champion == pointer:
        return before.release
    else:
        release = replace(before.release, champion=pointer, previous=before.release.champion, updated_at=now)
    store.put_release(release, replacing=before)
    return release


def _released(store: ModelStore) -> StoredRelease | None:
    try:
        return store.release()
    except ReleaseMissing:
        return None
