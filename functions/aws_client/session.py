"""A session makes clients that share their connections."""

from __future__ import annotations

import os
import time
from importlib import import_module

from aws_client.caller import Caller
from aws_client.credentials import source
from aws_client.endpoints import endpoint, region_of
from aws_client.pool import Pool
from aws_client.tls import Trust
from resilience.backoff import uniform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_client import dynamodb, events, firehose, kinesis, kms, s3, sns, sqs, stepfunctions
    from aws_client.connection import Network

    Client = (
        dynamodb.DynamoDb
        | events.Events
        | firehose.Firehose
        | kinesis.Kinesis
        | kms.Kms
        | s3.S3
        | sns.Sns
        | sqs.Sqs
        | stepfunctions.StepFunctions
    )

# The class of each service's client, in the module of the service's name. It is imported for the first client.
SERVICES = {
    "dynamodb": "DynamoDb",
    "events": "Events",
    "firehose": "Firehose",
    "kinesis": "Kinesis",
    "kms": "Kms",
    "s3": "S3",
    "sns": "Sns",
    "sqs": "Sqs",
    "stepfunctions": "StepFunctions",
}
# In hosts and signatures a service has its own name, which is not always botocore's.
_NAMES = {"stepfunctions": "states"}


class Session:
    """Makes clients that the environment configures. The clients are thread-safe.

    connect_seconds, read_seconds : timeouts. One attempt takes at most their sum, plus the name lookup; of a streamed
    body, each piece may take `read_seconds`.
    network, trust : sockets with their clock, and TLS contexts. A simulation passes its own.
    """

    def __init__(
        self,
        connect_seconds: float,
        read_seconds: float,
        *,
        environment: Mapping[str, str] = os.environ,
        random: Callable[[], float] = uniform,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        network: Network | None = None,
        trust: Trust | None = None,
    ) -> None:
        self._environment, self._random, self._sleep, self._now = environment, random, sleep, now
        self._pool = Pool(trust or Trust(environment), connect_seconds, read_seconds, network)
        self._credentials = source(environment, self._pool, now)

    def client(self, service: str, attempts: int = 1) -> Client:
        """The client of `service` (the names of botocore: kinesis, sqs, …); makes no call. Raises NotConfigured.

        attempts : the maximum number of attempts when failures are transient.
        """
        kind = SERVICES[service]
        module = import_module(f"aws_client.{service}")
        region, explain = region_of(self._environment), module.explain
        service = _NAMES.get(service, service)
        call = Caller(service, self._pool, explain, self._credentials, attempts, self._random, self._sleep, self._now)
        client: Client = getattr(module, kind)(call, endpoint(service, region, self._environment), self._environment)
        return client

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()
