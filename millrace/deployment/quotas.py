"""What an account must have before a plan can be applied: executions to reserve, shards, on-demand streams, the region.

Applied without them, Terraform would stop half way. What may not be asked is a note, not an error.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.errors import UserError
from millrace.services import kinesis

# Lambda reserves no execution of the last 100.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
KEPT_UNRESERVED = 100

Client = Callable[[str], Any]
Changes = list[tuple[Mapping[str, Any], Mapping[str, Any]]]


def check(plan: Mapping[str, Any], client: Client) -> list[str]:
    """Notes on what could not be checked. Raises UserError with everything that the account lacks for the plan.

    plan : as `terraform show -json` prints it. client : makes the botocore client of a service.
    """
    notes: list[str] = []
    errors: list[str] = []
    for wanted, lacks in ((reserved(plan), _executions), (streams(plan), _shards)):
        if any(wanted):
            try:
                errors += lacks(client, *wanted)
            except (BotoCoreError, ClientError) as error:
                notes.append(f"a quota was not checked: {error}")
    if errors:
        raise UserError("; ".join(errors))
    return notes


def check_region(region: str, ec2: Any) -> list[str]:
    """Notes on what could not be checked. Raises UserError where the account has not opted in to the region.

    ec2 : a client in a region that needs no opt-in, as one that is not opted in accepts no call.
    """
    try:
        found = ec2.describe_regions(AllRegions=True, RegionNames=[region])["Regions"]
    except (BotoCoreError, ClientError) as error:
        return [f"whether the account has opted in to {region} was not checked: {error}"]
    if any(entry.get("OptInStatus") == "not-opted-in" for entry in found):
        raise UserError(
            f"expected a region that the account has opted in to, got {region}: enable it in the account's settings "
            f"(`aws account enable-region --region-name {region}`), or set AWS_REGION to another"
        )
    return []


def reserved(plan: Mapping[str, Any]) -> tuple[int]:
    """How many executions more than now the plan reserves."""
    changes = _changes(plan, "aws_lambda_function")
    return (max(0, sum(_reserved(after) - _reserved(before) for before, after in changes)),)


def streams(plan: Mapping[str, Any]) -> tuple[int, int]:
    """How many provisioned shards, and how many on-demand streams, the plan adds."""
    changes = _changes(plan, "aws_kinesis_stream")
    return (
        sum(max(0, _provisioned(after) - _provisioned(before)) for before, after in changes),
        sum(_on_demand(after) and not _on_demand(before) for before, after in changes),
    )


def _executions(client: Client, wanted: int) -> Iterator[str]:
    limits = client("lambda").get_account_settings()["AccountLimit"]
    free = limits["UnreservedConcurrentExecutions"] - KEPT_UNRESERVED
    if wanted > free:
        yield (
            f"expected {wanted} executions to reserve, got {max(0, free)} (Lambda: {limits['ConcurrentExecutions']} in "
            f"the account, {limits['UnreservedConcurrentExecutions']} not reserved, of which Lambda keeps "
            f"{KEPT_UNRESERVED}); lower scorer.reserved_concurrency (-1 reserves none), or have the quota "
            '"Concurrent executions" raised'
        )


def _shards(client: Client, shards: int, on_demand: int) -> Iterator[str]:
    limits = client(kinesis.SERVICE).describe_limits()
    free = limits["ShardLimit"] - limits["OpenShardCount"]
    if shards > free:
        yield (
            f"expected {shards} more shards, got {max(0, free)} (Kinesis: {limits['OpenShardCount']} of "
            f'{limits["ShardLimit"]} are in use); lower shards, or have the quota "Shards per Region" raised'
        )
    # Members of the answer since on-demand streams exist; an emulator may leave them out.
    limit, used = limits.get("OnDemandStreamCountLimit"), limits.get("OnDemandStreamCount", 0)
    if limit is not None and on_demand > limit - used:
        yield (
            f"expected {on_demand} more on-demand streams, got {max(0, limit - used)} (Kinesis: {used} of {limit} are "
            'in use); set shards, or have the quota "On-demand Data Streams per account" raised'
        )


def _changes(plan: Mapping[str, Any], kind: str) -> Changes:
    """Before and after of each resource of that type that the plan changes; empty where there is none."""
    return [
        (change["before"] or {}, change["after"] or {})
        for resource in plan.get("resource_changes", [])
        if resource["type"] == kind and resource["mode"] == "managed"
        for change in [resource["change"]]
    ]


def _reserved(function: Mapping[str, Any]) -> int:
    return max(0, function.get("reserved_concurrent_executions") or 0)


def _on_demand(stream: Mapping[str, Any]) -> bool:
    return any(details["stream_mode"] == "ON_DEMAND" for details in stream.get("stream_mode_details") or [])


def _provisioned(stream: Mapping[str, Any]) -> int:
    return 0 if _on_demand(stream) else stream.get("shard_count") or 0
