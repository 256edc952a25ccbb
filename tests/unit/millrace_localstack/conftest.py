from collections.abc import Callable, Iterator
from pathlib import Path
from socket import create_server

import pytest

from millrace_localstack.launcher import LocalStack
from tests.unit.millrace_localstack.fake_installation import fake_localstack


@pytest.fixture
def port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


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
