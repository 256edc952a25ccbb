"""What Terraform's plan says of the stack's sizes: what is paid for whether or not events come."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from millrace.services.charges import ALARMS, KEYS, StandingCharge
from millrace.services.kinesis import SHARDS
from millrace.sinks import SINKS


@dataclass(frozen=True, slots=True)
class Sizes:
    """None is not known: there was no plan, or a stream is on demand. standing : what is charged by the month.

    resources : type and address of each that is created.
    """

    standing: Mapping[StandingCharge, int | None] = field(default_factory=dict)
    architecture: str | None = None
    sink: str | None = None
    resources: Sequence[tuple[str, str]] | None = None

    def lacks(self, resource: str, box: str) -> bool:
        """Whether the plan is known to create no such resource in the module of a box."""
        if self.resources is None:
            return False
        module = re.compile(rf"\bmodule\.{box}\b")
        return not any(kind == resource and module.search(address) for kind, address in self.resources)


def sizes(plan: Mapping[str, Any]) -> Sizes:
    """The sizes in a plan, as `terraform show -json` prints it; none of them for an empty one.

    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    if not plan:
        return Sizes()
    resources = list(_resources(plan.get("planned_values", {}).get("root_module", {})))
    functions = [values for kind, _, values in resources if kind == "aws_lambda_function"]
    in_sink = {kind for kind, address, _ in resources if "module.prediction_sink." in address}
    return Sizes(
        standing={charge: _standing(charge, resources) for charge in (SHARDS, KEYS, ALARMS)},
        architecture=next((values["architectures"][0] for values in functions if values.get("architectures")), None),
        sink=next((part.name for part in SINKS.values() if part.resource in in_sink), None),
        resources=tuple((kind, address) for kind, address, _ in resources),
    )


def _standing(charge: StandingCharge, resources: Sequence[tuple[str, str, Mapping[str, Any]]]) -> int | None:
    """How many the plan creates; None where one of them leaves its number out."""
    found = [values for kind, _, values in resources if kind == charge.resource]
    if charge.units:
        return sum(map(charge.units, found))
    if not charge.attribute:
        return len(found)
    numbers = [values.get(charge.attribute) or 0 for values in found]
    return sum(numbers) if numbers and all(numbers) else None


def _resources(module: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Type, address and planned values of every managed resource."""
    for resource in module.get("resources", ()):
        if resource.get("mode") == "managed":
            yield resource["type"], resource["address"], resource.get("values", {})
    for child in module.get("child_modules", ()):
        yield from _resources(child)
