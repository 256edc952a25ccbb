"""What holds for the account."""

from millrace_localstack.plugin.kinesis import account
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.operations import Answer, Request


def describe_limits(caller: KinesisAccount, request: Request) -> Answer:
    return {
        "ShardLimit": account.MOST_SHARDS,
        "OpenShardCount": caller.open_shards,
        "OnDemandStreamCount": sum(stream.mode == "ON_DEMAND" for stream in caller.streams),
        "OnDemandStreamCountLimit": account.MOST_ON_DEMAND_STREAMS,
    }


def describe_account_settings(caller: KinesisAccount, request: Request) -> Answer:
    return {"MinimumThroughputBillingCommitment": {"Status": caller.billing_commitment}}


def update_account_settings(caller: KinesisAccount, request: Request) -> Answer:
    caller.billing_commitment = request["MinimumThroughputBillingCommitment"]["Status"]
    return describe_account_settings(caller, request)


OPERATIONS = {
    "DescribeLimits": describe_limits,
    "DescribeAccountSettings": describe_account_settings,
    "UpdateAccountSettings": update_account_settings,
}
