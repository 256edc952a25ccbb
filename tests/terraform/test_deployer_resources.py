"""The deployer's policy names every role and bucket that a stack can make: it has no wildcard for them."""

import re

from millrace.paths import ROOT

MODULES = ROOT / "terraform" / "modules"
POLICY = (MODULES / "deploy_role" / "policy.tf").read_text()
# What a sink's names can have for `content`.
CONTENTS = ("predictions", "shadow-predictions")
# Of the account, and left to an administrator: terraform/modules/deploy_role/README.md
OTHERS = {"api-logs"}


def of_a_stack() -> list[str]:
    """The files of the modules that a stack consists of."""
    found, waiting = dict[str, list[str]](), ["millrace"]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found[module] = [path.read_text() for path in (MODULES / module).glob("*.tf")]
            waiting += [name for text in found[module] for name in re.findall(r'source\s*=\s*"\.\./(\w+)"', text)]
    return [text for texts in found.values() for text in texts]


def named(variable: str) -> set[str]:
    """The names in a list of policy.tf: what follows `for <variable> in`."""
    lists = re.findall(rf"\[for {variable} in \[(.*?)\]", POLICY)
    assert len(lists) == 1
    return set(re.findall(r'"([\w-]+)"', lists[0]))


def contents(name: str) -> set[str]:
    return {name.replace("${var.content}", content) for content in CONTENTS}


def test_every_bucket_of_a_stack_is_named() -> None:
    pattern = r'bucket\s*=\s*"\$\{var\.name\}-(.+?)-\$\{var\.account\.id\}'
    made = set().union(*(contents(name) for text in of_a_stack() for name in re.findall(pattern, text)))

    assert len(made) > 5
    assert made == named("box")


def test_every_role_of_a_stack_is_named() -> None:
    made = set[str]()
    for text in of_a_stack():
        made |= set(re.findall(r'^  function\s*=\s*"([\w-]+)"', text, re.MULTILINE))
        machine = re.search(r'state_machine\s*=\s*"\$\{var\.name\}-([\w-]+)"', text)
        for block in re.findall(r'^resource "aws_iam_role" "\w+" \{(.*?)^\}', text, re.MULTILINE | re.DOTALL):
            name = re.findall(r'name\s*=\s*"(.+)-\$\{var\.(?:account\.)?region\}"', block)[0]
            if name != "${local.function_name}":  # those of functions, found above
                name = name.replace("${local.state_machine}", f"${{var.name}}-{machine[1] if machine else ''}")
                made |= contents(name.removeprefix("${var.name}-"))

    assert len(made) > 8
    assert made - OTHERS == named("role")
