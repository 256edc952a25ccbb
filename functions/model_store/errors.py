"""Errors of the model store.

ModelStoreError
├── DocumentInvalid     a manifest or a release that does not follow its schema
├── ArtifactRefused     an artifact that failed one of the checks before use
├── NotInTime           the time that was left did not suffice for a check
├── ArtifactExists      a version is immutable, and this one exists
├── VersionMissing      the model store has no such version
├── SigningKeyInvalid   a public key that artifacts should be verified with is none
├── ReleaseMissing      the model has no release yet
├── ChangeRefused       the release as it is does not allow the change
└── ReleaseConflict     another operator changed the release in between
"""

from __future__ import annotations


class ModelStoreError(Exception):
    """Base of every error that the model store raises."""


class DocumentInvalid(ModelStoreError):
    """A manifest or a release does not follow its schema; the message names the member and what was expected."""


class ArtifactRefused(ModelStoreError):
    """An artifact must not be used. `check` is the name of the check that failed, in the order of `verify`."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"model artifact refused by the {check} check: {detail}")
        self.check, self.detail = check, detail


class NotInTime(ModelStoreError):
    """The caller's time ended before a check did: it says nothing about the artifact."""


class ArtifactExists(ModelStoreError):
    """A model version is immutable: publish under a new version."""


class VersionMissing(ModelStoreError):
    """There is no artifact of this version."""


class SigningKeyInvalid(ModelStoreError):
    """A public key to verify artifacts with is not a P-256 key in the expected form."""


class ReleaseMissing(ModelStoreError):
    """No release names a version to serve: publish a model first."""


class ChangeRefused(ModelStoreError):
    """The release as it is does not allow the change: the message says what is in the way."""


class ReleaseConflict(ModelStoreError):
    """The release changed between reading and writing it: read it again, then decide again."""
