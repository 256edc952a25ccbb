"""The own tests of the root, each module and each example: plans against a mocked provider, valid and invalid input.

No credentials, no network.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from millrace.deployment.terraform import MODULE, Terraform

MODULES = [MODULE, *sorted((MODULE / "modules").iterdir()), *sorted((MODULE / "examples").iterdir())]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module(initialised: Callable[[Path], Terraform], module: Path) -> None:
    result = initialised(module).run("test")

    assert re.search(r"Success! [1-9]\d* passed, 0 failed", result), result


def test_every_module_has_tests_and_a_readme() -> None:
    for module in MODULES:
        assert list((module / "tests").glob("*.tftest.hcl")), module.name
        assert (module / "README.md").is_file(), module.name
