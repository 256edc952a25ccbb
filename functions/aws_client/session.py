"""What a container makes once: connections that its clients share."""

from __future__ import annotations

import os
import random
import time

from aws_client import kinesis, s3, sns, sqs
from aws_client.caller import Caller
from aws_client.endpoints import endpoint, region_of
from aws_client.pool import Pool
from aws_client.tls import Trust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from aws_client.caller import Reply
    from aws_client.endpoints import Endpoint

    Client = kinesis.Kinesis | s3.S3 | sns.Sns | sqs.Sqs

    class _MakesClient(Protocol):
        def __call__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> Client: ...


_SERVICES: dict[str, tuple[_MakesClient, Callable[[Reply], tuple[str, str]]]] = {
    "kinesis": (kinesis.Kinesis, kinesis.explain),
    "s3": (s3.S3, s3.explain),
    "sns": (sns.Sns, sns.explain),
    "sqs": (sqs.Sqs, sqs.explain),
}


class Session:
    """Makes clients out of the environment. They can be used by several threads at once.

    connect_seconds, read_seconds : a call that is tried once ends in their sum, but for the look-up of names and for
    bodies that are streamed, whose every piece has `read_seconds`.
    """

    def __init__(
        self,
        connect_seconds: float,
        read_seconds: float,
        *,
        environment: Mapping[str, str] = os.environ,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._environment, self._random, self._sleep, self._now = environment, random, sleep, now
        self._pool = Pool(Trust(environment), connect_seconds, read_seconds)

    def client(self, service: str, attempts: int = 1) -> Client:
        """The client of `service` (kinesis, s3, sns, sqs); calls nobody. Raises NotConfigured.

        attempts : how often a call is tried at most, where a failure may pass.
        """
        make, explain = _SERVICES[service]
        region = region_of(self._environment)
        call = Caller(service, self._pool, explain, self._environment, attempts, self._random, self._sleep, self._now)
        return make(call, endpoint(service, region, self._environment), self._environment)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.close()
