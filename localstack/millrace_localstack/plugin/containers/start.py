"""The runner inside LocalStack: on where MILLRACE_IMAGES says what images hold (see `desired.images`).

MILLRACE_CONTAINERS is the folder of its logs and of `state.json`; MILLRACE_MINUTE_SECONDS how long a minute of metrics
and cooldowns takes.
"""

import os
from pathlib import Path
from typing import Any

ACCOUNT, REGION = "000000000000", "us-east-1"
_runners: list[Any] = []


def apply() -> None:
    if not (text := os.environ.get("MILLRACE_IMAGES", "")):
        return
    from millrace_localstack.plugin.containers.desired import images
    from millrace_localstack.plugin.containers.runner import Context, Runner

    endpoint = f"http://{os.environ['GATEWAY_LISTEN']}"
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
    }
    minute = float(os.environ.get("MILLRACE_MINUTE_SECONDS", "60"))
    runner = Runner(_clients(endpoint), Context(images(text), environment, _certificate, minute), _folder())
    _runners.append(runner)
    runner.start()


def stop() -> None:
    """End tasks and load balancers."""
    while _runners:
        _runners.pop().stop()


def _folder() -> Path:
    return Path(os.environ["MILLRACE_CONTAINERS"])


def _clients(endpoint: str) -> Any:
    import boto3

    made: dict[str, Any] = {}
    session = boto3.Session("test", "test", region_name=REGION)

    def client(name: str) -> Any:
        if name not in made:
            made[name] = session.client(name, endpoint_url=endpoint)
        return made[name]

    return client


def _certificate(arn: str) -> str:
    """The PEM of a certificate of ACM with its key, which no API gives. moto makes up a chain, so it is left out."""
    from moto.acm.models import acm_backends

    found = acm_backends[ACCOUNT][REGION].get_certificate(arn)
    return "\n".join(part.decode().strip() for part in (found.key, found.cert)) + "\n"
