"""One provider for the tests of all modules, which plan against a mock of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from millrace.deployment.terraform import Terraform
from tests.terraform.provider import attached


@pytest.fixture(scope="session")
def initialised() -> Iterator[Callable[[Path], Terraform]]:
    """Terraform for a module, ready to test it. The provider is the one that the root's lock names."""
    root = Terraform("modules/terraform", {}, {})
    root.run("init", "-backend=false", "-input=false", "-lockfile=readonly")

    def initialise(module: Path) -> Terraform:
        terraform = replace(provided, environment=f"modules/{module.parent.name}/{module.name}", module=module)
        terraform.run("init", "-backend=false", "-input=false")
        return terraform

    with attached(root) as provided:
        yield initialise
