from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millrace_localstack.launcher import LocalStack
from tests.fakes.ports import held_port
from tests.unit.millrace_localstack.fake_installation import fake_localstack


@pytest.fixture
def port() -> Iterator[int]:
    with held_port() as port:
        yield port


@pytest.fixture
def make_localstack(tmp_path: Path, port: int) -> Iterator[Callable[..., LocalStack]]:
    """Makes LocalStacks on the fake program; ends what runs."""
    made: list[LocalStack] = []

    def make(behaviour: str = "") -> LocalStack:
        made.append(fake_localstack(tmp_path, port, behaviour))
        return made[-1]

    yield make
    for localstack in made:
        localstack.stop()
