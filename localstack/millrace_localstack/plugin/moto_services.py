"""Services that LocalStack's open core lacks, or runs as a program of its own, answered by the moto next to it.

Each operation goes to moto as it came in; what moto lacks is a 501 as before. A service is loaded with the first call
to it: until then it costs an entry in LocalStack's list.

A new service is a line in `PROVIDERS`, and its entry point in `localstack/pyproject.toml`.
"""

from collections.abc import Callable
from typing import Any

from localstack.services.plugins import Service, aws_provider

# The provider's name: `moto` where LocalStack has one of its own, which the launcher's PROVIDER_OVERRIDE_* leaves out.
PROVIDERS = {
    "application-autoscaling": "default",
    "dynamodb": "moto",
    "dynamodbstreams": "moto",
    "ecr": "default",
    "ecs": "default",
    "elbv2": "default",
}

# What Terraform's provider asks after a create and moto does not know: (service, operation) to the answer.
ANSWERS: dict[tuple[str, str], dict[str, Any]] = {
    ("application-autoscaling", "ListTagsForResource"): {"Tags": {}},
}


def service(name: str) -> Service:
    from localstack.aws.skeleton import Skeleton
    from localstack.aws.spec import load_service
    from localstack.services.moto import call_moto

    model = load_service(name)

    def operation(called: str) -> Callable[[Any, Any], Any]:
        if (name, called) in ANSWERS:
            return lambda _context, _request: ANSWERS[name, called]
        return lambda context, _request: call_moto(context)

    return Service(name, skeleton=Skeleton(model, {called: operation(called) for called in model.operation_names}))


def _plugin(name: str, provider: str) -> Any:
    @aws_provider(api=name, name=provider)  # type: ignore[misc]
    def create() -> Service:
        return service(name)

    return create


for _name, _provider in PROVIDERS.items():
    globals()[_name.replace("-", "_")] = _plugin(_name, _provider)
