"""Immutable values, compared by their members like frozen dataclasses.

They keep cold starts short: `dataclasses` imports `inspect`, and compiles several functions for each class. A class
derived from `Value` takes microseconds instead (docs/adr/0024).
"""

from __future__ import annotations

from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar, Self, dataclass_transform
else:

    def dataclass_transform(**_):
        """A stand-in at run time: importing `typing` would take a sixth of a cold start."""
        return lambda kind: kind


_NOTHING: Any = object()


class _Made:
    """A default that is created for each value."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def made(*, default_factory: Callable[[], Any]) -> Any:
    """The default of a mutable member: `default_factory` creates one for each value."""
    return _Made(default_factory)


@dataclass_transform(frozen_default=True, field_specifiers=(made,))
class _Members(type):
    """Turns a class's annotations into slots, and their values into defaults.

    `__slots__` of a class's own are for what is derived from its members and kept: they are no members.
    """

    __match_args__: tuple[str, ...]
    _defaults: Mapping[str, Any]

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
        own = tuple(namespace.get("__annotations__", ())) if bases else ()
        inherited = [base for base in bases if isinstance(base, _Members)]
        members = tuple(member for base in inherited for member in base.__match_args__) + own
        defaults = {member: value for base in inherited for member, value in base._defaults.items()}
        defaults |= {member: namespace.pop(member) for member in own if member in namespace}
        return super().__new__(
            cls,
            name,
            bases,
            namespace
            | {
                "__slots__": (*own, *namespace.get("__slots__", ())),
                "__match_args__": members,
                "_defaults": MappingProxyType(defaults),
            },
        )


class Value(metaclass=_Members):
    """Its annotated members are passed by position or by name.

    >>> class Point(Value):
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1.0)
    Point(x=1.0, y=0.0)
    """

    __match_args__: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[Mapping[str, Any]]

    def __init__(self, *places: Any, **names: Any) -> None:
        """Raises TypeError for a member that is missing, unknown or given twice."""
        members = self.__match_args__
        if not names and len(places) <= len(members):  # the user records of a batch are made so, one for each event
            write = object.__setattr__
            for member, value in zip(members, places, strict=False):
                write(self, member, value)
            for member in members[len(places) :]:
                write(self, member, self._default(member))
            return
        given = dict(zip(members, places, strict=False))
        if len(places) > len(members) or given.keys() & names.keys() or not names.keys() <= set(members):
            got = f"{len(places)} by place and {', '.join(names) or 'none'} by name"
            raise TypeError(f"{type(self).__name__}: expected {', '.join(members) or 'nothing'}, each once, got {got}")
        given |= names
        for member in members:
            value = given.get(member, _NOTHING)
            if value is _NOTHING:
                value = self._default(member)
            object.__setattr__(self, member, value)

    def _default(self, member: str) -> Any:
        if member not in self._defaults:
            raise TypeError(f"{type(self).__name__}: expected {member}")
        value = self._defaults[member]
        return value.factory() if type(value) is _Made else value

    def __setattr__(self, member: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__}.{member} is read-only; make a changed copy with copy.replace")

    def __delattr__(self, member: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{member} cannot be deleted")

    def __replace__(self, **changes: Any) -> Self:
        return type(self)(**(members(self) | changes))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _tuple(self) == _tuple(other)

    def __hash__(self) -> int:
        return hash(_tuple(self))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{member}={value!r}" for member, value in members(self).items())
        return f"{type(self).__name__}({arguments})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), _tuple(self)


def members(value: Value) -> dict[str, Any]:
    """The members by name."""
    return {member: getattr(value, member) for member in value.__match_args__}


def as_dict(value: Any) -> Any:
    """Convert values and dataclasses to dictionaries, at any depth, for JSON."""
    if isinstance(value, Value):
        return {member: as_dict(inner) for member, inner in members(value).items()}
    if not isinstance(value, type) and (fields := getattr(value, "__dataclass_fields__", None)):
        return {member: as_dict(getattr(value, member)) for member in fields}
    if isinstance(value, (tuple, list)):
        return type(value)(map(as_dict, value))
    if isinstance(value, dict):
        return {key: as_dict(inner) for key, inner in value.items()}
    return value


def _tuple(value: Value) -> tuple[Any, ...]:
    return tuple(getattr(value, member) for member in value.__match_args__)
