"""The own tests of the root module and of each module: plans against a mocked provider, good ones and bad input.

No credentials, no network.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from millrace.deployment.terraform import MODULE, Terraform

MODULES = [MODULE, *sorted((MODULE / "modules").iterdir())]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module(initialised: Callable[[Path], Terraform], module: Path) -> None:
    result = initialised(module).run("test")

    assert re.search(r"Success! [1-9]\d* passed, 0 failed", result), result


def test_every_module_has_tests_and_a_readme() -> None:
    for module in MODULES:
        assert list((module / "tests").glob("*.tftest.hcl")), module.name
        assert (module / "README.md").is_file(), module.name
