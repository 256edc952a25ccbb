"""A session whose environment is a dict, and a server on the loopback that answers it by a script."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from aws_client import Session
from tests.fakes.http_server import HttpServer, Step

READ_SECONDS = 3.0


class Loopback(NamedTuple):
    """A scripted server and a session that takes it for AWS. `slept`: the pauses of the session's clients."""

    server: HttpServer
    session: Session
    slept: list[float]


@pytest.fixture
def environment() -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-central-1",
    }


@pytest.fixture
def scripted(environment: dict[str, str]) -> Iterator[Callable[..., Loopback]]:
    """Starts servers: `scripted(answer, answer, read_seconds=…)`."""
    with ExitStack() as stack:

        def start(*script: Step | bytes, read_seconds: float = READ_SECONDS, **more: Any) -> Loopback:
            server = stack.enter_context(HttpServer(script, **more))
            environment["AWS_ENDPOINT_URL"] = server.url
            slept: list[float] = []
            session = Session(1.0, read_seconds, environment=environment, random=lambda: 0.5, sleep=slept.append)
            stack.callback(session.close)
            return Loopback(server, session, slept)

        yield start
