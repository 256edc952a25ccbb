"""The options of a learner, from the request: an unknown one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from typing import Any


class LearnerOptions:
    """The member `options` of a request; `end` refuses what was not read."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = dict(members)

    def number(self, name: str, least: float, most: float, default: float) -> float:
        found = self._members.pop(name, default)
        if type(found) not in (int, float) or not least <= found <= most:
            raise TrainingRefused(f"options.{name}: expected a number from {least:g} to {most:g}, got {found!r:.40}")
        return float(found)

    def integer(self, name: str, least: int, most: int, default: int) -> int:
        found = self._members.pop(name, default)
        if type(found) is not int or not least <= found <= most:
            raise TrainingRefused(f"options.{name}: expected an integer from {least} to {most}, got {found!r:.40}")
        return found

    def switch(self, name: str, default: bool) -> bool:
        found = self._members.pop(name, default)
        if type(found) is not bool:
            raise TrainingRefused(f"options.{name}: expected true or false, got {found!r:.40}")
        return found

    def members(self, name: str) -> dict[str, Any]:
        found = self._members.pop(name, {})
        if type(found) is not dict:
            raise TrainingRefused(f"options.{name}: expected an object, got {found!r:.40}")
        return found

    def rest(self) -> dict[str, Any]:
        """What was not read, for a learner that reads it elsewhere."""
        rest, self._members = self._members, {}
        return rest

    def end(self, learner: str) -> None:
        if self._members:
            name = next(iter(self._members))
            raise TrainingRefused(f"options.{name:.40}: the learner {learner} has no such option")
