"""What Terraform's plan says of the stack's sizes: what is paid for whether or not events come."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sizes:
    """None is not known: there was no plan, or a stream is on demand."""

    shards: int | None = None
    keys: int | None = None
    alarms: int | None = None
    architecture: str | None = None
    sink: str | None = None


def sizes(plan: Mapping[str, Any]) -> Sizes:
    """The sizes in a plan, as `terraform show -json` prints it; none of them for an empty one.

    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    if not plan:
        return Sizes()
    resources = list(_resources(plan.get("planned_values", {}).get("root_module", {})))
    streams = [values.get("shard_count") or 0 for kind, _, values in resources if kind == "aws_kinesis_stream"]
    kinds = [kind for kind, _, _ in resources]
    functions = [values for kind, _, values in resources if kind == "aws_lambda_function"]
    sinks = [address for _, address, _ in resources if "module.prediction_sink." in address]
    return Sizes(
        shards=sum(streams) if streams and all(streams) else None,
        keys=kinds.count("aws_kms_key"),
        alarms=kinds.count("aws_cloudwatch_metric_alarm"),
        architecture=next((values["architectures"][0] for values in functions if values.get("architectures")), None),
        sink=next((name for name in ("kinesis", "sqs", "sns") if any(f".aws_{name}_" in sink for sink in sinks)), None),
    )


def _resources(module: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Type, address and planned values of every managed resource."""
    for resource in module.get("resources", ()):
        if resource.get("mode") == "managed":
            yield resource["type"], resource["address"], resource.get("values", {})
    for child in module.get("child_modules", ()):
        yield from _resources(child)
