"""Whom the policies of resources and roles admit: AWS's services for what the stack made, and the account itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from millrace.paths import ROOT

MODULES = ROOT / "terraform" / "modules"
# Principals that are no service of AWS, by their module: the account's administrators, publishers, GitHub's jobs.
OTHERS = {
    "deploy_role": {"local.provider_arn"},
    "encryption": {"local.arn.root"},
    "millrace": {"module.scorer.role_arn"},  # an output, for the owner of a resource in another account
    "model_store": {
        "local.account_arn",
        "var.publishers",
        "length(var.publishers) > 0 ? aws_iam_role.publisher[0].arn : local.account_arn",
    },
}
# What a condition of a service's statement must name: the resource, or the account, that it acts for.
FOR_WHOM = ("aws:SourceArn", "aws:SourceAccount", "kms:EncryptionContext:aws:logs:arn")


def statements() -> Iterator[tuple[Path, str]]:
    for path in sorted(MODULES.glob("*/*.tf")):
        text = path.read_text()
        for found in re.finditer(r"\bPrincipal\s*=", text):
            yield path, _enclosing(text, found.start())


def _enclosing(text: str, at: int) -> str:
    """The innermost braces around a place."""
    depth, begin = 0, at
    while depth >= 0:
        begin -= 1
        depth += (text[begin] == "}") - (text[begin] == "{")
    depth, end = 0, at
    while depth >= 0:
        depth += (text[end] == "{") - (text[end] == "}")
        end += 1
    return text[begin:end]


FOUND = list(statements())


@pytest.mark.parametrize(
    ("path", "statement"), FOUND, ids=[f"{path.parent.name}-{i}" for i, (path, _) in enumerate(FOUND)]
)
def test_no_principal_is_admitted_but_services_for_the_stacks_own(path: Path, statement: str) -> None:
    kind, who = re.findall(r"Principal\s*=\s*(?:\{\s*(\w+)\s*=\s*(.+?)\s*\}|\"\*\")", statement)[0]

    if not kind:  # everyone
        assert re.search(r'Effect\s*=\s*"Deny"', statement), "nobody is admitted without a name"
    elif kind == "Service":
        trust = re.search(r'Action\s*=\s*"sts:AssumeRole"', statement)
        assert trust or any(name in statement for name in FOR_WHOM), "a service acts for others too"
    else:
        assert who in OTHERS.get(path.parent.name, set())


def test_all_statements_are_found() -> None:
    assert len(FOUND) >= 20
