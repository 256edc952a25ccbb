"""LocalStack with its patches, as every integration test has it, and one without them to compare with."""

from collections.abc import Iterator

import pytest

from millrace.paths import ROOT
from millrace_localstack.launcher import LocalStack
from tests.fakes.ports import held_port
from tests.integration.localstack.lab import Lab


@pytest.fixture(scope="session")
def lab(localstack: LocalStack) -> Lab:
    return Lab(localstack)


@pytest.fixture(scope="package")
def unpatched(localstack: LocalStack) -> Iterator[Lab]:
    """A second LocalStack beside the first, as long as it is needed: same environment, no patches."""
    settings = {"MILLRACE_LOCALSTACK_PATCHES": "none"}
    with held_port() as port, LocalStack(ROOT, port, instance="unpatched", settings=settings) as other:
        yield Lab(other)


@pytest.fixture(autouse=True)
def unmapped(request: pytest.FixtureRequest) -> Iterator[None]:
    """No mapping outlives its test: it would read its stream on, twenty times a second."""
    yield
    for name in {"lab", "unpatched"} & set(request.fixturenames):
        request.getfixturevalue(name).unmap()
