"""What an account must have before a plan is applied."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millrace.deployment import quotas
from millrace.errors import UserError

DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "GetAccountSettings")


def change(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "change": {"before": before, "after": after}}


def function(before: int | None, after: int | None) -> dict[str, Any]:
    sides = [None if n is None else {"reserved_concurrent_executions": n} for n in (before, after)]
    return change("aws_lambda_function", sides[0], sides[1])


def stream(before: int | None, after: int | None) -> dict[str, Any]:
    """Shards before and after; 0: on demand."""

    def side(shards: int | None) -> dict[str, Any] | None:
        if shards is None:
            return None
        mode = "PROVISIONED" if shards else "ON_DEMAND"
        return {"shard_count": shards or None, "stream_mode_details": [{"stream_mode": mode}]}

    return change("aws_kinesis_stream", side(before), side(after))


class Service:
    """An account with these limits, or an error."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": self._reply()}

    def describe_limits(self) -> dict[str, Any]:
        return self._reply()

    def describe_regions(self, **_: Any) -> dict[str, Any]:
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def account(executions: int, unreserved: int, shards: int = 500) -> Callable[[str], Service]:
    limits = {"ConcurrentExecutions": executions, "UnreservedConcurrentExecutions": unreserved}
    kinesis = {"ShardLimit": shards, "OpenShardCount": 10, "OnDemandStreamCountLimit": 50, "OnDemandStreamCount": 49}
    return {"lambda": Service(limits), "kinesis": Service(kinesis)}.__getitem__


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ([function(None, 900)], (1000, 1000)),
        ([function(None, -1)], (10, 10)),
        ([function(200, 100)], (10, 10)),
        ([function(100, 200)], (400, 200)),
        ([], (10, 10)),
    ],
    ids=["up to the last 100", "none reserved", "fewer than before", "only what is added counts", "no function"],
)
def test_executions_that_can_be_reserved(changes: list[Any], limits: tuple[int, int]) -> None:
    assert quotas.check({"resource_changes": changes}, account(*limits)) == []


@pytest.mark.parametrize(
    ("changes", "limits", "message"),
    [
        ([function(None, 1)], (10, 10), r"expected 1 executions to reserve, got 0 \(Lambda: 10 in the account, 10 not"),
        ([function(None, 901)], (1000, 1000), "expected 901 executions to reserve, got 900"),
        ([function(None, 5), function(None, 6)], (110, 110), "expected 11 executions to reserve, got 10"),
    ],
)
def test_executions_that_cannot(changes: list[Any], limits: tuple[int, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        quotas.check({"resource_changes": changes}, account(*limits))


@pytest.mark.parametrize("changes", [[stream(None, 190)], [stream(10, 200)], [stream(None, 0)], [stream(0, 0)]])
def test_shards_that_are_free(changes: list[Any]) -> None:
    assert quotas.check({"resource_changes": changes}, account(10, 10, shards=200)) == []


def test_everything_that_is_missing_is_in_one_error() -> None:
    changes = [function(None, 10), stream(None, 191), stream(None, 0), stream(3, 0)]
    with pytest.raises(UserError) as raised:
        quotas.check({"resource_changes": changes}, account(10, 10, shards=200))
    assert str(raised.value) == (
        "expected 10 executions to reserve, got 0 (Lambda: 10 in the account, 10 not reserved, of which Lambda keeps "
        '100); lower scorer.reserved_concurrency (-1 reserves none), or have the quota "Concurrent executions" raised; '
        "expected 191 more shards, got 190 (Kinesis: 10 of 200 are in use); lower shards, or have the quota "
        '"Shards per Region" raised; '
        "expected 2 more on-demand streams, got 1 (Kinesis: 49 of 50 are in use); set shards, or have the quota "
        '"On-demand Data Streams per account" raised'
    )


def test_what_may_not_be_asked_is_a_note() -> None:
    notes = quotas.check({"resource_changes": [function(None, 1), stream(None, 1)]}, lambda _: Service(DENIED))

    assert len(notes) == 2
    assert all(note.startswith("a quota was not checked: ") and "AccessDenied" in note for note in notes)


@pytest.mark.parametrize("status", ["opt-in-not-required", "opted-in"])
def test_a_region_that_the_account_has(status: str) -> None:
    assert quotas.check_region("eu-south-1", Service({"Regions": [{"OptInStatus": status}]})) == []


def test_a_region_that_it_has_not() -> None:
    with pytest.raises(UserError, match="got eu-south-1: enable it in the account's settings"):
        quotas.check_region("eu-south-1", Service({"Regions": [{"OptInStatus": "not-opted-in"}]}))


def test_a_region_that_may_not_be_asked_for_is_a_note() -> None:
    (note,) = quotas.check_region("eu-south-1", Service(DENIED))
    assert "AccessDenied" in note


def test_the_services_answer_as_read_here(aws: Callable[..., Any]) -> None:
    """Members and their names, by botocore's model and moto."""
    aws("kinesis", region_name="eu-central-1").describe_limits()
    plan = {"resource_changes": [stream(None, 1)]}
    assert quotas.check(plan, lambda name: aws(name, region_name="eu-central-1")) == []
    assert quotas.check_region("eu-central-1", aws("ec2", region_name="us-east-1")) == []
    shape = aws("lambda").meta.service_model.operation_model("GetAccountSettings").output_shape
    assert {"ConcurrentExecutions", "UnreservedConcurrentExecutions"} <= shape.members["AccountLimit"].members.keys()
