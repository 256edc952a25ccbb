"""Bad requests for an operation, made from its model: each member missing, of a wrong type, or out of bounds."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

WRONG_TYPES: tuple[Any, ...] = (
    "text", "", 0, -1, 5, 1.5, 2**70, -(2**70), True, [], [None], ["x"], {}, {"a": 1}, [[]], "\ud800", "\0",
)  # fmt: skip


class BadRequest(NamedTuple):
    """`must_fail` is false where a service may accept it (a number as text, say)."""

    why: str
    request: dict[str, Any]
    must_fail: bool


def bad_requests(shape: Any, good: dict[str, Any]) -> Iterator[BadRequest]:
    """`good` is a request that the operation accepts; `shape` the operation's input."""
    yield from _structure(shape, good, "")


def _structure(shape: Any, good: dict[str, Any], path: str) -> Iterator[BadRequest]:
    for name, member in shape.members.items():
        where = f"{path}{name}"
        without = {key: value for key, value in good.items() if key != name}
        if name in shape.required_members:
            yield BadRequest(f"{where} missing", without, True)
            yield BadRequest(f"{where} null", {**without, name: None}, True)
        for wrong in WRONG_TYPES:
            yield BadRequest(f"{where} = {wrong!r}", {**good, name: wrong}, False)
        for wrong in _out_of_bounds(member):
            yield BadRequest(f"{where} out of bounds: {str(wrong)[:40]}", {**good, name: wrong}, True)
        if name in good:
            for inner in _inside(member, good[name], f"{where}."):
                yield inner._replace(request={**good, name: inner.request})


def _inside(shape: Any, good: Any, path: str) -> Iterator[BadRequest]:
    if shape.type_name == "structure":
        yield from _structure(shape, good, path)
    elif shape.type_name == "list" and shape.member.type_name == "structure":
        for inner in _structure(shape.member, good[0], f"{path}1."):
            yield inner._replace(request=[*good, inner.request])  # type: ignore[arg-type]


def _out_of_bounds(shape: Any) -> Iterator[Any]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    match shape.type_name:
        case "integer" | "long":
            yield from [] if least is None else [least - 1, least - 2**40]
            yield from [] if most is None else [most + 1, most + 2**40]
        case "string":
            yield from ["x" * (most + 1)] if most is not None and most < 10_000 else []
            yield from [""] if least else []
            pattern = shape.metadata.get("pattern")
            yield from [text for text in ("a b", "é", "\n", "1\n") if pattern and not re.fullmatch(pattern, text)]
            yield from ["NO_SUCH_VALUE"] if shape.enum else []
