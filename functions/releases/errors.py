"""Errors of the release workflow.

WorkflowRefused       what was asked for cannot be done: trying again does not help
├── WorkflowRunning   another workflow holds the lock
├── WorkflowEnded     this one has ended, or never began
└── ReleaseChanged    the release is not what the workflow made of it: an operator changed it
RecordConflict        two steps wrote the record at once: the step is tried again
"""

from __future__ import annotations

from records.faults import ScorerError


class WorkflowRefused(ScorerError):
    """The workflow cannot begin, or cannot continue: the message says what is in the way."""


class WorkflowRunning(WorkflowRefused):
    """One workflow at a time may change a release."""


class WorkflowEnded(WorkflowRefused):
    """A step of a workflow that does not hold the lock."""


class ReleaseChanged(WorkflowRefused):
    """The release was changed by another operator while the workflow ran."""


class RecordConflict(ScorerError):
    """The record changed between reading and writing it."""
