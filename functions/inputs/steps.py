"""Reads the one step that a manifest's `inputs.preprocessing` declares, member by member."""

from __future__ import annotations

from inputs import PreparationInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Steps = list[Any]

# The types of a tensor's elements: the letter of `array`, and ONNX's number.
ELEMENTS = {"float32": ("f", 1), "uint8": ("B", 2), "int32": ("i", 6), "int64": ("q", 7)}


class Step:
    """A step as JSON: `{"name": ..., "version": ..., members}`."""

    def __init__(self, steps: Steps, name: str, version: int) -> None:
        """The only step, which must have this name and version. Raises PreparationInvalid."""
        if len(steps) != 1 or type(steps[0]) is not dict:
            raise PreparationInvalid(f"expected an array of one step, {name}")
        self._members: dict[str, Any] = dict(steps[0])
        found = self._members.pop("name", None), self._members.pop("version", None)
        if found != (name, version) or type(found[1]) is not int:
            raise PreparationInvalid(f"expected {name} of version {version}, got {found[0]!r:.40} of {found[1]!r:.40}")

    def integer(self, name: str, least: int, most: int, default: int | None = None) -> int:
        return _within(name, self._members.pop(name, default), least, most)

    def number(self, name: str, least: float, most: float, default: float) -> float:
        return _number(name, self._members.pop(name, default), least, most)

    def numbers(self, name: str, count: int, least: float, most: float, default: float) -> tuple[float, ...]:
        """An array of `count` numbers, each within the bounds; or one number, or the default, that many times."""
        found = self._members.pop(name, default)
        if type(found) is not list:
            found = [found] * count
        if len(found) != count:
            raise PreparationInvalid(f"{name}: expected an array of {count} numbers")
        return tuple(_number(name, value, least, most) for value in found)

    def boolean(self, name: str, default: bool) -> bool:
        found = self._members.pop(name, default)
        if type(found) is not bool:
            raise PreparationInvalid(f"{name}: expected true or false")
        return found

    def one_of(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        found = self._members.pop(name, default)
        if type(found) is not str or found not in allowed:
            raise PreparationInvalid(f"{name}: expected one of {', '.join(allowed)}, got {found!r:.40}")
        return found

    def integers(self, name: str, count: int, least: int, most: int) -> tuple[int, ...]:
        """An array of `count` integers, each within the bounds."""
        found = self._members.pop(name, None)
        if type(found) is not list or len(found) != count:
            raise PreparationInvalid(f"{name}: expected an array of {count} integers")
        return tuple(_within(name, value, least, most) for value in found)

    def end(self) -> None:
        """Refuse every member that was not read."""
        if self._members:
            raise PreparationInvalid(f"{next(iter(self._members))!r:.40}: unknown member")


def _number(name: str, found: Any, least: float, most: float) -> float:
    if type(found) not in (int, float) or not least <= found <= most:  # NaN is within no bounds
        raise PreparationInvalid(f"{name}: expected a number from {least:g} to {most:g}, got {found!r:.40}")
    return float(found)


def _within(name: str, found: Any, least: int, most: int) -> int:
    if type(found) is not int or not least <= found <= most:
        raise PreparationInvalid(f"{name}: expected an integer from {least} to {most}, got {found!r:.40}")
    return found
