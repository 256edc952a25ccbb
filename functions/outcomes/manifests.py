"""The manifests of the versions that scored, which define valid outcomes. Versions are immutable: each is read once."""

from __future__ import annotations

import logging

from model_store.artifact import MANIFEST_FILE
from model_store.errors import DocumentInvalid
from model_store.manifest import Manifest
from outcomes.store import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOG = logging.getLogger(__name__)


class Manifests:
    """Reads the manifests of one model from the model store."""

    def __init__(self, s3: Any, bucket: str, model: str) -> None:
        self._s3, self._bucket, self._model = s3, bucket, model
        self._read: dict[str, Manifest] = {}

    def get(self, version: str) -> Manifest | None:
        """The manifest of a version; None, and logged, if it cannot be read. Raises what the client raises."""
        if version not in self._read:
            found = self._fetch(version)
            if found is None:
                return None
            self._read[version] = found
        return self._read[version]

    def _fetch(self, version: str) -> Manifest | None:
        key = f"models/{self._model}/{version}/{MANIFEST_FILE}"
        raw = read(self._s3, self._bucket, key)
        if raw is None:
            LOG.warning("expected s3://%s/%s, found no object", self._bucket, key)
            return None
        try:
            return Manifest.from_bytes(raw)
        except DocumentInvalid as error:
            LOG.warning("%s: %s", key, error)
            return None
