"""Resource policies: kept, not enforced."""

import json

from millrace_localstack.plugin.kinesis import account
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.errors import invalid_argument, not_found
from millrace_localstack.plugin.kinesis.operations import Answer, Request


def put(caller: KinesisAccount, request: Request) -> Answer:
    owner, arn = _owner(request)
    try:
        json.loads(request["Policy"])
    except (ValueError, RecursionError) as error:
        raise invalid_argument("Policy is not valid JSON.") from error
    owner.policies[arn] = request["Policy"]
    return None


def get(caller: KinesisAccount, request: Request) -> Answer:
    owner, arn = _owner(request)
    return {"Policy": owner.policies.get(arn, "{}")}


def delete(caller: KinesisAccount, request: Request) -> Answer:
    owner, arn = _owner(request)
    if owner.policies.pop(arn, None) is None:
        raise not_found(f"No resource policy found for resource ARN {arn}")
    return None


def _owner(request: Request) -> tuple[KinesisAccount, str]:
    """The account of a stream or consumer that exists."""
    arn = request["ResourceARN"]
    owner, _ = account.of_arn(arn)
    if "/consumer/" in arn:
        owner.consumer(arn)
    else:
        account.stream_of_arn(arn)
    return owner, arn


OPERATIONS = {"PutResourcePolicy": put, "GetResourcePolicy": get, "DeleteResourcePolicy": delete}
