"""The IAM actions that docs/troubleshooting.md lists for `doctor` and `watch` are those of the calls that they make."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from botocore import xform_name
from botocore.session import get_session

from millrace.doctor.ask import action
from millrace.paths import ROOT
from tests.unit.docs.shown_commands import inline

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
# The doctor verifies the release too: it reads objects by their versions, encrypted by the stack's key.
OF_THE_RELEASE = {"s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt"}
# Without s3:ListBucket S3 answers 403 for a drift.json that is not there yet.
OF_WATCH = {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"}
CLIENTS = ("cloudwatch", "dynamodb", "firehose", "kinesis", "logs", "s3")
_CALL = re.compile(rf'\b_?({"|".join(CLIENTS)})\.(?:get_paginator\("(\w+)"\)|(\w+)\()')


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def listed(text: str) -> set[str]:
    """The actions between backticks. A service is named before the first of its actions, or is the row's first cell."""
    found, service = set(), ""
    for code in inline(text):
        named, _, name = code.rpartition(":")
        if re.fullmatch(r"[a-z0-9]*", named) and re.fullmatch(r"[A-Z][A-Za-z0-9]+", name):
            service = named or service
            found.add(f"{service}:{name}")
        elif code in get_session().get_available_services() or code == "states":
            service = code
    return found


@cache
def operations(service: str) -> dict[str, str]:
    """AWS's name of each operation, by boto3's."""
    return {xform_name(name): name for name in get_session().get_service_model(service).operation_names}


def asked(path: Path) -> Iterator[str]:
    """The actions of the calls `ask(service, operation, …)` in a module."""
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ask":
            service, operation = (eval(ast.unparse(each), vars(module)) for each in node.args[:2])
            yield action(service, operations(service)[operation])


def called(path: Path) -> Iterator[str]:
    """The actions of the calls of clients in a module, which are named as their services."""
    for service, page, plain in _CALL.findall(path.read_text()):
        if name := operations(service).get(page or plain):
            yield action(service, name)


def test_the_doctors_actions_are_those_of_its_calls() -> None:
    modules = [
        path for part in ("doctor", "services", "sources", "sinks") for path in (ROOT / "millrace" / part).rglob("*.py")
    ]
    calls = {found for path in modules for found in asked(path)}

    assert len(calls) > 20
    assert listed(section("Doctor").partition("| service |")[2]) == calls | OF_THE_RELEASE


def test_watchs_actions_are_those_of_its_calls() -> None:
    modules = [path for part in ("watch/sources", "sinks") for path in (ROOT / "millrace" / part).glob("*.py")]
    calls = {found for path in modules for found in called(path)}

    assert len(calls) >= 8
    assert listed(section("Watch")) == calls | OF_WATCH
