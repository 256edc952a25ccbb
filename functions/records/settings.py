"""A function's settings, read from its environment; every error names the variable, and what was expected of it."""

import math
from collections.abc import Mapping

from records.faults import ScorerError


class ConfigInvalid(ScorerError):
    """A variable is missing or holds something else than expected."""


class Settings:
    """The variables of an environment. Every method raises ConfigInvalid."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def required(self, name: str) -> str:
        if not (value := self._variables.get(name, "")):
            raise ConfigInvalid(f"expected {name} in the function's environment, found none; see terraform/")
        return value

    def optional(self, name: str, default: str = "") -> str:
        return self._variables.get(name) or default

    def one_of(self, name: str, values: tuple[str, ...], default: str = "") -> str:
        """Required, unless there is a default."""
        if (value := self.optional(name, default) or self.required(name)) not in values:
            raise ConfigInvalid(f"{name}: expected one of {', '.join(values)}, got {value!r:.40}")
        return value

    def seconds(self, name: str) -> float:
        """Required, from 0 on."""
        value = self.required(name)
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            raise ConfigInvalid(f"{name}: expected seconds from 0 on, got {value!r:.40}")
        return seconds

    def whole(self, name: str, what: str, least: int, most: int, default: str = "") -> int:
        """A whole number of `what`. Required, unless there is a default."""
        value = self.optional(name, default) or self.required(name)
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise ConfigInvalid(f"{name}: expected {what}, {least} to {most}, got {value!r:.40}")
        return int(value)
