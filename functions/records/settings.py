"""A function's settings: environment variables, each read and validated once."""

from __future__ import annotations

import math

from records.faults import ScorerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ConfigInvalid(ScorerError):
    """A variable is missing or invalid."""


class Settings:
    """The environment variables whose names begin with `prefix`. Errors name the variable.

    An empty variable counts as absent.
    """

    def __init__(self, environment: Mapping[str, str], prefix: str = "") -> None:
        self._environment, self._prefix = environment, prefix

    def below(self, prefix: str) -> Settings:
        """The variables with a further prefix."""
        return Settings(self._environment, self._prefix + prefix)

    def has(self, name: str) -> bool:
        return bool(self._environment.get(self._prefix + name))

    def text(self, name: str, default: str | None = None) -> str:
        """Raises ConfigInvalid if the variable is absent and has no default."""
        value = self._environment.get(self._prefix + name) or default
        if value is None:
            raise ConfigInvalid(
                f"expected {self._prefix}{name} in the function's environment, found none; see terraform/"
            )
        return value

    def one_of(self, name: str, values: Sequence[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in values:
            raise self._invalid(name, f"one of {', '.join(values)}", value)
        return value

    def seconds(self, name: str) -> float:
        """A duration of 0 or more. Raises ConfigInvalid."""
        text = self.text(name)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            raise self._invalid(name, "seconds, 0 or more", text)
        return value

    def share(self, name: str) -> float:
        """A number above 0, up to 1. Raises ConfigInvalid."""
        text = self.text(name)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 < value <= 1:
            raise self._invalid(name, "a share above 0, up to 1", text)
        return value

    def shares(self, name: str) -> tuple[float, ...]:
        """Shares above 0, up to 1, each larger than the one before, separated by commas. Raises ConfigInvalid."""
        text = self.text(name)
        try:
            found = tuple(float(part) for part in text.split(","))
        except ValueError:
            found = ()
        if not found or any(not low < high <= 1 for low, high in zip((0.0, *found), found, strict=False)):
            raise self._invalid(name, "growing shares above 0, up to 1, separated by commas", text)
        return found

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number from `least` to `most`. Raises ConfigInvalid."""
        text = self.text(name, None if default is None else str(default))
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise self._invalid(name, f"a whole number from {least} to {most}", text)
        return int(text)

    def _invalid(self, name: str, expected: str, value: str) -> ConfigInvalid:
        return ConfigInvalid(f"{self._prefix}{name}: expected {expected}, got {value!r:.40}")
