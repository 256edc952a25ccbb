"""How a call to a sink fails as a whole."""

from __future__ import annotations


class SinkUnavailable(Exception):
    """The whole call failed in a way that may pass: a throttle, a server error, a timeout."""


class SinkRefused(Exception):
    """The whole call failed in a way that will not pass within this invocation: access, a missing sink."""
