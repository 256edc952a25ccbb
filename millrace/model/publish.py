"""Bringing an artifact into the model store, and making it the champion."""

from millrace.model.releases import Operator, Releases
from model_store.artifact import Artifact
from model_store.release import Release
from model_store.store import ModelStore


def publish(store: ModelStore, artifact: Artifact, by: str = "millrace") -> Release:
    """Store an artifact and release it as champion; the champion before becomes `previous`.

    Raises ArtifactRefused, ArtifactExists, ReleaseConflict.
    """
    return Releases(store, Operator(by)).publish(artifact).after
