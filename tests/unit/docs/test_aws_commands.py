"""Every command of the AWS CLI that a document or a message shows is one of AWS's, with options that it has."""

from functools import cache

import pytest
from botocore import xform_name
from botocore.session import get_session

from tests.unit.docs.shown_commands import Shown, commands

COMMANDS = commands()
# The CLI's own, which are no operations; and what every command takes.
OWN = {
    ("s3", "cp"), ("s3", "mb"), ("s3", "sync"), ("logs", "tail"), ("ecr", "get-login-password"),
}  # fmt: skip
OF_ALL = {"cli-binary-format", "endpoint-url", "output", "profile", "query", "region"}


@cache
def options(service: str) -> dict[str, set[str]]:
    """The options of each operation, as the CLI spells them."""
    model = get_session().get_service_model({"s3api": "s3"}.get(service, service))
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    return {
        xform_name(name, "-"): {xform_name(member, "-") for member in (shape.members if shape else ())}
        for name, shape in shapes.items()
    }


def unknown(words: tuple[str, ...]) -> str:
    """What AWS does not have of a command; empty where it has all."""
    service, operation, *rest = words
    if (service, operation) in OWN:
        return ""
    known = options(service)
    if operation not in known:
        return operation
    named = [word[2:].partition("=")[0] for word in rest if word.startswith("--")]
    return " ".join(name for name in named if name.removeprefix("no-") not in known[operation] | OF_ALL)


@pytest.mark.parametrize("command", sorted({c for c in COMMANDS if c.program == "aws"}), ids=str)
def test_a_command_is_one_of_awss(command: Shown) -> None:
    assert unknown(command.words) == ""


def test_what_aws_does_not_have_is_found() -> None:
    assert len([c for c in COMMANDS if c.program == "aws"]) > 25
    assert unknown(("lambda", "get-polcy")) == "get-polcy"
    assert unknown(("lambda", "get-policy", "--name", "x", "--query", "y")) == "name"
