"""The release under a workflow's lock: read and written only by the execution that holds the lock, which is the record.

What an operator wrote meanwhile is never overwritten.
"""

from __future__ import annotations

import logging
from copy import replace

from model_store.errors import ReleaseConflict
from records.timestamps import timestamp
from records.values import Value
from releases import changes
from releases.errors import ReleaseChanged, WorkflowEnded
from releases.record import RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from model_store.release import Release
    from model_store.store import ModelStore
    from model_store.stored_release import StoredRelease
    from releases.record import Records, StoredWorkflow, WorkflowRecord

LOG = logging.getLogger(__name__)


class LockedRelease(Value):
    """The release of one model, for the workflow that holds the lock."""

    store: ModelStore
    records: Records
    clock: Callable[[], float]

    def held_by(self, execution: str, ended: str = RUNNING) -> StoredWorkflow:
        """The record, if this execution holds the lock. ended : a state that is fine too. Raises WorkflowEnded."""
        stored = self.records.read()
        if stored is None or stored.record.execution != execution or stored.record.state not in (RUNNING, ended):
            found = "none" if stored is None else f"{stored.record.execution}, {stored.record.state}"
            raise WorkflowEnded(f"expected {execution} as the running release workflow, found {found}")
        return stored

    def current(self) -> StoredRelease:
        """The release, whoever wrote it."""
        return self.store.release()  # type: ignore[return-value]  # only a conditional read gives None

    def expected(self, record: WorkflowRecord) -> StoredRelease:
        """The release, as the workflow found it or made it. Raises ReleaseChanged."""
        current = self.current()
        if not changes.is_ours(current.release, record.before, record.wrote):
            raise ReleaseChanged(f"expected the release that the workflow made, but {_changed_by(current.release)}")
        return current

    def put(self, stored: StoredWorkflow, current: StoredRelease, after: Release) -> StoredWorkflow:
        """Write a release. Raises ReleaseChanged where an operator was faster."""
        stored = self._announced(stored, after)
        try:
            self.store.put_release(after, replacing=current)
        except ReleaseConflict as error:
            raise ReleaseChanged(str(error)) from None
        return stored

    def restore(self, stored: StoredWorkflow, reason: str) -> tuple[StoredWorkflow, str]:
        """Bring back the release that was there before; one that an operator changed meanwhile is left alone.

        Returns the record, as it is stored now, and what came of it.
        """
        record, current = stored.record, self.current()
        if not changes.is_ours(current.release, record.before, record.wrote):
            return stored, self._left_alone()
        after = changes.restored(record.before, timestamp(self.clock()), record.writer, reason)
        stored = self._announced(stored, after)
        try:
            self.store.put_release(after, replacing=current)
        except ReleaseConflict:  # by an operator, in this moment
            return stored, self._left_alone()
        return stored, f"the release is as it was: {record.before.champion.version} serves"

    def record_step(self, stored: StoredWorkflow, name: str, detail: str, **members: Any) -> StoredWorkflow:
        """Record a step that was done. members : of the record, as they are after it. Raises RecordConflict."""
        done = stored.record.done(timestamp(self.clock()), name, detail, **members)
        LOG.info("%s: %s", name, detail)
        return self.records.write(done, replacing=stored)

    def _announced(self, stored: StoredWorkflow, after: Release) -> StoredWorkflow:
        """Record a release before it is written: of two steps at once, the slower one ends here."""
        known = (*stored.record.wrote, changes.digest(after))
        return self.records.write(replace(stored.record, wrote=known), replacing=stored)

    def _left_alone(self) -> str:
        return f"the release was NOT restored: {_changed_by(self.current().release)}; see `millrace model history`"


def _changed_by(release: Release) -> str:
    change = release.change
    who = f"{change.by} ({change.action})" if change else "an operator"
    return f"{who} changed it at {release.updated_at}"
