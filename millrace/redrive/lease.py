"""The lease: one redrive of a stack at a time."""

import json
from collections.abc import Callable

from millrace.redrive.errors import LeaseHeld, LeaseLost
from millrace.redrive.objects import Objects, Version
from records.timestamps import timestamp


class Lease:
    """An object in the failure store that names who redrives, and until when; written under a condition, always.

    The lease keeps two operators from doing the same work twice. Nothing is lost without it: clocks that disagree,
    or a redrive that sleeps past its end, cost records that are sent twice under the same ids.
    """

    def __init__(
        self, objects: Objects, key: str, owner: str, token: str, seconds: float, clock: Callable[[], float]
    ) -> None:
        """token : differs between two redrives of one owner."""
        self._objects, self._key, self._owner, self._token = objects, key, owner, token
        self._seconds, self._clock = seconds, clock
        self._held: Version | None = None
        self._ends = 0.0

    def take(self) -> None:
        """Raises LeaseHeld."""
        now = self._clock()
        self._held = self._objects.create(self._key, self._body(now)) or self._take_over(now)
        self._ends = now + self._seconds

    def renew(self) -> None:
        """Hold on for at least half of the time. Raises LeaseLost."""
        now = self._clock()
        if self._ends - now < self._seconds / 2:
            self._held = self._held and self._objects.replace(self._held, self._body(now))
            if self._held is None:
                raise LeaseLost("another redrive took over, because this one was silent for too long: let it continue")
            self._ends = now + self._seconds

    def release(self) -> None:
        """Let the next one in at once, unless it is in already."""
        if self._held is not None:
            self._objects.replace(self._held, self._body(self._clock() - self._seconds))
            self._held = None

    def _take_over(self, now: float) -> Version:
        found = self._objects.read(self._key)
        document = json.loads(found[1]) if found else {}
        if found and document["expires_at"] <= now:
            taken = self._objects.replace(found[0], self._body(now))
            if taken is not None:
                return taken
        until = timestamp(document.get("expires_at", now))
        raise LeaseHeld(
            f"another redrive is under way, by {document.get('owner', 'an unknown owner')}: wait until it ends; "
            f"if its process is gone, its lease ends at {until}"
        )

    def _body(self, now: float) -> bytes:
        members = {"owner": self._owner, "token": self._token, "expires_at": now + self._seconds}
        return json.dumps(members).encode()
