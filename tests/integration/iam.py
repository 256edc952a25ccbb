"""Permissions of a deployed stack, taken away for a while; and what the local stack decided."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.request import urlopen

from millrace.stack import Stack
from millrace_localstack.launcher import LocalStack
from tests.integration.harness import DEADLINE

type Statement = dict[str, Any]


def session(stack: Stack, role_arn: str) -> Stack:
    """The stack, for who has a session of a role."""
    given = stack.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="a-person")["Credentials"]
    keys = {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    return replace(stack, environment={**stack.environment, **keys})


def role_of(stack: Stack, function: str) -> str:
    """The name of a function's role."""
    name = stack.outputs[function]["function_name"]
    arn: str = stack.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    return arn.rpartition("/")[2]


@contextmanager
def without_action(stack: Stack, function: str, policy: str, *actions: str) -> Iterator[None]:
    """A function's role without some actions of one of its policies."""
    iam, role = stack.client("iam"), role_of(stack, function)
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]

    def put(statements: list[Statement]) -> None:
        text = json.dumps(document | {"Statement": statements})
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=text)

    before = document["Statement"]
    kept = [left for one in before if (left := _without(one, actions))]
    assert kept != before, f"policy {policy} of {role} has none of {actions}"
    if kept:
        put(kept)
    else:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        yield
    finally:
        put(before)


def _without(statement: Statement, actions: tuple[str, ...]) -> Statement | None:
    listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    left = [action for action in listed if action not in actions]
    return {**statement, "Action": left} if left else None


@contextmanager
def without_statement(get: Callable[[], str], put: Callable[[str], object], sid: str) -> Iterator[None]:
    """A resource's policy without the statement of an id."""
    before = get()
    document = json.loads(before)
    kept = [one for one in document["Statement"] if one["Sid"] != sid]
    assert len(kept) == len(document["Statement"]) - 1, f"{sid} is not in {before}"
    put(json.dumps(document | {"Statement": kept}))
    try:
        yield
    finally:
        put(before)


def queue_statement(stack: Stack, url: str, sid: str) -> Any:
    sqs = stack.client("sqs")
    return without_statement(
        lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"],
        lambda text: sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text}),
        sid,
    )


def topic_statement(stack: Stack, arn: str, sid: str) -> Any:
    sns = stack.client("sns")
    return without_statement(
        lambda: sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"],
        lambda text: sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text),
        sid,
    )


def key_statement(stack: Stack, sid: str) -> Any:
    kms, key = stack.client("kms"), stack.outputs["encryption"]["key_arn"]
    return without_statement(
        lambda: kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"],
        lambda text: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text),
        sid,
    )


@contextmanager
def without_invoke_permission(stack: Stack, function: str, sid: str) -> Iterator[None]:
    """The alias of a function without a permission to invoke it."""
    functions, name = stack.client("lambda"), stack.outputs[function]["function_name"]
    alias = {"FunctionName": name, "Qualifier": "live"}
    policy = json.loads(functions.get_policy(**alias)["Policy"])
    (statement,) = [one for one in policy["Statement"] if one["Sid"] == sid]
    functions.remove_permission(**alias, StatementId=sid)
    try:
        yield
    finally:
        functions.add_permission(
            **alias,
            StatementId=sid,
            Action=statement["Action"],
            Principal=statement["Principal"]["Service"],
            SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )


def accept_from(stack: Stack, url: str, topic_arn: str) -> None:
    """Have a queue accept what a topic sends."""
    sqs = stack.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def decisions(localstack: LocalStack) -> list[dict[str, str | None]]:
    """All that was decided since the start: by, action, resource, refused (why, or None)."""
    with urlopen(f"{localstack.endpoint_url}/_localstack/millrace/iam", timeout=DEADLINE) as answer:
        found: list[dict[str, str | None]] = json.load(answer)["decisions"]
    return found
