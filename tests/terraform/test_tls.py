"""What answers without TLS too, buckets, queues and topics, is told by its policy to refuse that."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from millrace.paths import ROOT

MODULES = ROOT / "terraform" / "modules"
# Endpoints of these services listen on HTTP as well: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
KINDS = ("aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue")
_RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


def resources(module: Path) -> Iterator[tuple[str, str, str]]:
    """The type, name and body of each."""
    for path in sorted(module.glob("*.tf")):
        yield from _RESOURCE.findall(path.read_text())


FOUND = [(module, *one) for module in sorted(MODULES.iterdir()) for one in resources(module) if one[0] in KINDS]


def denies(body: str, module: Path) -> bool:
    """Whether the policy in a resource's body denies calls without TLS; it may be a local value of the module."""
    policy = "\n".join(re.findall(r"policy\s*=.*", body, re.DOTALL))
    if local := re.search(r"policy\s*=\s*local\.(\w+)", policy):
        text = "\n".join(path.read_text() for path in module.glob("*.tf"))
        policy = "\n".join(re.findall(rf"^  {local[1]}\s*=.*?^  \}}", text, re.MULTILINE | re.DOTALL))
    return bool(re.search(r'"aws:SecureTransport"\s*=\s*"false"', policy)) and '"Deny"' in policy


@pytest.mark.parametrize(
    ("module", "kind", "name", "body"), FOUND, ids=[f"{module.name}-{kind}-{name}" for module, kind, name, _ in FOUND]
)
def test_what_listens_without_tls_refuses_it(module: Path, kind: str, name: str, body: str) -> None:
    policies = [
        text
        for found, label, text in resources(module)
        if found == f"{kind}_policy" and (label == name or f"{kind}.{name}" in text)
    ]

    assert any(denies(text, module) for text in [body, *policies]), "expected a policy that denies calls without TLS"


def test_all_are_found() -> None:
    assert {kind for _, kind, _, _ in FOUND} == set(KINDS)
    assert len(FOUND) >= 11
