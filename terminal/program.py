"""A program of commands: wrong usage of it is one line, and exit code 2."""

import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import typer
from typer.core import TyperGroup

_NUMBERS = {int: "a whole number", float: "a number"}


class Program(TyperGroup):
    """The `cls` of the outermost typer.Typer."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for parameter in _parameters(self):
            if parameter.type_descriptor.is_path or parameter.param_type_name == "argument":
                parameter.process_value = partial(_not_empty, parameter, parameter.process_value)

    def main(self, *arguments: Any, **settings: Any) -> Any:
        called = partial(super().main, *arguments, **settings | {"standalone_mode": False})
        if not settings.get("standalone_mode", True):
            return called()
        try:
            sys.exit(called())
        except typer.Abort:
            code, message = 1, "expected an answer, got none"
        except typer.TyperException as error:
            code, message = error.exit_code, _usage(error)
            if type(error).__name__ == "NoArgsIsHelpError":  # the help is printed
                sys.exit(code)
        from terminal.console import EscapingConsole, print_error

        print_error(EscapingConsole(stderr=True), message)
        sys.exit(code)


def _usage(error: Any) -> str:
    """The message of Typer's exception, with what the program got and where to look."""
    parameter, context = getattr(error, "param", None), getattr(error, "ctx", None)
    if parameter is None or not error.message:
        message = " ".join(error.format_message().removeprefix("Invalid value: ").split()).rstrip(".")
        message = message[:1].lower() + message[1:]
    else:
        message = f"{parameter.opts[-1]}: {_wrong(error, parameter).rstrip('.')}"
    return f"{message}; see {context.command_path} --help" if context else message


def _wrong(error: Any, parameter: Any) -> str:
    kind = _NUMBERS.get(parameter.type_descriptor.annotation)
    if kind is None or not hasattr(error.__cause__, "errors"):  # which Pydantic's have
        return str(error.message).removeprefix("Value error, ")
    least, most = (None if bound is None else f"{bound:,}" for bound in (parameter.min, parameter.max))
    bounds = "" if least is None else f" of {least} or more" if most is None else f" from {least} to {most}"
    return f"expected {kind}{bounds}, got {error.__cause__.errors()[0]['input']!r}"


def _not_empty(parameter: Any, process: Any, context: typer.Context, value: Any) -> Any:
    """The value, but for an empty text: as a path it is the current folder, which is seldom meant."""
    if value == "":
        what = "path" if parameter.type_descriptor.is_path else "value"
        raise typer.BadParameter(f"expected a {what}, got an empty text", context, parameter)
    return process(context, value)


def _parameters(command: Any) -> Iterator[Any]:
    yield from command.params
    for below in getattr(command, "commands", {}).values():
        yield from _parameters(below)
