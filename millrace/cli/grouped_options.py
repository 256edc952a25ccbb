"""Options that several commands have, declared once: a command gets them as one argument."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

Command = Callable[..., None]


def grouped(
    argument: str, options: Mapping[str, tuple[Any, Any]], made: Callable[..., Any]
) -> Callable[[Command], Command]:
    """A decorator that adds options to a command, which gets as `argument` what `made` makes of those that are given.

    options : annotation and default by name. made : gets them by name, without those that are None.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def wrapped(**given: Any) -> None:
            chosen = {name: given.pop(name) for name in options}
            command(**given, **{argument: made(**{n: value for n, value in chosen.items() if value is not None})})

        own = [parameter for parameter in signature(command).parameters.values() if parameter.name != argument]
        added = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in options.items()
        ]
        # What Typer reads: the signature and the annotations of the wrapper, not of what it wraps.
        parameters = sorted([*own, *added], key=lambda one: one.kind)
        wrapped.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
        del wrapped.__wrapped__
        return wrapped

    return decorate
