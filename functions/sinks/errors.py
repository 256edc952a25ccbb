"""Errors of a whole call to a sink."""

from __future__ import annotations


class SinkUnavailable(Exception):
    """A transient failure: throttling, a server error, a timeout."""


class SinkRefused(Exception):
    """A failure that a retry in this invocation cannot fix: access denied, sink not found."""
