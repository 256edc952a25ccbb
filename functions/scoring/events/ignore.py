"""The rules for records that are no events, such as control records and deletions."""

from __future__ import annotations

from records import json_pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from model_store.event_format import IgnoreRule


class IgnoreRules:
    """A record is ignored if one of the rules matches it."""

    def __init__(self, rules: Iterable[IgnoreRule]) -> None:
        self._rules = [(json_pointer.parse(rule.path), {_typed(value) for value in rule.equals}) for rule in rules]

    def match(self, sent: dict[str, Any]) -> bool:
        """Whether a member is one of the values that a rule names. A member that is absent is none of them."""
        return any(_typed(json_pointer.find(sent, path, default=_ABSENT)) in values for path, values in self._rules)


_ABSENT: Any = ()


def _typed(value: Any) -> tuple[bool, Any]:
    """`true` is not 1; what is no scalar equals none."""
    return type(value) is bool, () if isinstance(value, dict | list) else value
