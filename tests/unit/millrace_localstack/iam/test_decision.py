"""Who is allowed what, by AWS's evaluation logic."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from millrace_localstack.plugin.iam.decision import Policies, refused
from millrace_localstack.plugin.iam.policy import Permission, Policy, Principal

ACCOUNT, OTHER = "000000000000", "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scorer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/scorer/scorer"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:events"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"

SCORER = Principal(SESSION, ACCOUNT, role=ROLE)
SNS = Principal("sns.amazonaws.com", ACCOUNT, source_arn=TOPIC)
SEND = Permission("sqs:SendMessage", QUEUE)
DECRYPT = Permission("kms:Decrypt", KEY, (("kms:viaservice", "sqs.us-east-1.amazonaws.com"),))

type Statement = Mapping[str, Any]


def allow(action: str, resource: str = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str, resource: str = "*", **more: Any) -> Statement:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policy(*statements: Statement) -> Policy:
    return Policy(json.dumps({"Version": "2012-10-17", "Statement": statements}))


def identity(*statements: Statement, **more: Any) -> Policies:
    return Policies(identity=(policy(*statements),), owner=ACCOUNT, **more)


def resource(*statements: Statement, **more: Any) -> Policies:
    return Policies(resource=policy(*statements), owner=ACCOUNT, **more)


@pytest.mark.parametrize("action", ["sqs:SendMessage", "sqs:Send*", "SQS:sendmessage", "*"])
@pytest.mark.parametrize("on", [QUEUE, f"arn:aws:sqs:*:{ACCOUNT}:ev?nts", "*"])
def test_an_identity_policy_allows(action: str, on: str) -> None:
    assert refused(SCORER, SEND, identity(allow(action, on))) is None


@pytest.mark.parametrize(
    "statement",
    [
        allow("sqs:ReceiveMessage"),
        allow("sqs:SendMessage", QUEUE + "-other"),
        allow("sqs:SendMessage", Condition={"StringEquals": {"aws:ResourceAccount": OTHER}}),
    ],
)
def test_what_nothing_allows_is_refused(statement: Statement) -> None:
    reason = "because no identity-based policy allows the sqs:SendMessage action"

    assert refused(SCORER, SEND, identity(statement)) == reason
    assert refused(SCORER, SEND, identity()) == reason


def test_not_action_and_not_resource() -> None:
    assert refused(SCORER, SEND, identity({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})) is None
    assert refused(SCORER, SEND, identity({"Effect": "Allow", "Action": "*", "NotResource": QUEUE})) is not None


def test_an_explicit_deny_wins() -> None:
    allowed = allow("*")

    assert (
        refused(SCORER, SEND, identity(allowed, deny("sqs:*"))) == "with an explicit deny in an identity-based policy"
    )
    denied = resource(deny("sqs:*", Principal="*"), identity=(policy(allowed),))
    assert refused(SCORER, SEND, denied) == "with an explicit deny in a resource-based policy"


def test_a_deny_without_tls_is_about_calls_without_tls() -> None:
    """The local stack has no TLS: calls count as secure."""
    tls = deny("sqs:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})

    assert refused(SCORER, SEND, resource(tls, identity=(policy(allow("sqs:*")),))) is None


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ROLE}, {"AWS": SESSION}])
def test_a_resource_policy_that_names_the_role_is_enough(principal: Any) -> None:
    assert refused(SCORER, SEND, resource(allow("sqs:*", Principal=principal))) is None


@pytest.mark.parametrize("principal", [{"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}])
def test_a_resource_policy_that_names_the_account_leaves_it_to_identity_policies(principal: Any) -> None:
    named = resource(allow("sqs:*", Principal=principal))

    assert refused(SCORER, SEND, named) == "because no identity-based policy allows the sqs:SendMessage action"


@pytest.mark.parametrize("by_identity", [True, False])
@pytest.mark.parametrize("by_resource", [True, False])
def test_between_accounts_both_must_allow(by_identity: bool, by_resource: bool) -> None:
    policies = Policies(
        identity=(policy(allow("sqs:*")),) if by_identity else (),
        resource=policy(allow("sqs:*", Principal={"AWS": ACCOUNT})) if by_resource else None,
        owner=OTHER,
    )

    assert (refused(SCORER, SEND, policies) is None) is (by_identity and by_resource)


def test_a_boundary_only_limits() -> None:
    boundary = (("permissions boundary", policy(allow("kinesis:*"))),)

    assert (
        refused(SCORER, SEND, identity(allow("sqs:*"), limits=boundary))
        == "because no permissions boundary allows the sqs:SendMessage action"
    )
    wider = (("permissions boundary", policy(allow("*"))),)
    assert refused(SCORER, SEND, identity(limits=wider)) is not None
    assert refused(SCORER, SEND, identity(allow("sqs:*"), limits=wider)) is None
    denying = (("permissions boundary", policy(allow("*"), deny("sqs:*"))),)
    assert (
        refused(SCORER, SEND, identity(allow("sqs:*"), limits=denying))
        == "with an explicit deny in a permissions boundary"
    )


def test_a_service_needs_the_resources_own_policy() -> None:
    by_topic = {"ArnEquals": {"aws:SourceArn": TOPIC}}
    principal = {"Service": "sns.amazonaws.com"}
    reason = "because no resource-based policy allows the sqs:SendMessage action"

    assert refused(SNS, SEND, resource(allow("sqs:SendMessage", Principal=principal, Condition=by_topic))) is None
    assert refused(SNS, SEND, resource()) == reason
    assert refused(SNS, SEND, resource(allow("sqs:*", Principal={"Service": "s3.amazonaws.com"}))) == reason
    other = {"ArnEquals": {"aws:SourceArn": TOPIC + "-other"}}
    assert refused(SNS, SEND, resource(allow("sqs:*", Principal=principal, Condition=other))) == reason


def test_a_topics_default_policy_is_for_services_that_call_for_its_account() -> None:
    """A role in the account needs a policy of its own all the same."""
    default = allow(
        "SNS:Publish", TOPIC, Principal={"AWS": "*"}, Condition={"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    )
    publish = Permission("SNS:Publish", TOPIC)
    alarm = Principal("cloudwatch.amazonaws.com", ACCOUNT, source_arn=f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:a")

    assert refused(alarm, publish, resource(default)) is None
    assert refused(SCORER, publish, resource(default)) is not None


class TestKeys:
    """A key's own policy decides, and can leave it to the account's."""

    @staticmethod
    def key(*statements: Statement, by_identity: bool) -> Policies:
        via = {"StringEquals": {"kms:ViaService": ["sqs.us-east-1.amazonaws.com"]}}
        allowed = (policy(allow("kms:Decrypt", KEY, Condition=via)),) if by_identity else ()
        return resource(*statements, identity=allowed, own_policy_decides=True)

    ACCOUNTS = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})

    def test_by_account_and_identity(self) -> None:
        assert refused(SCORER, DECRYPT, self.key(self.ACCOUNTS, by_identity=True)) is None
        assert "no identity-based policy" in str(refused(SCORER, DECRYPT, self.key(self.ACCOUNTS, by_identity=False)))

    def test_an_identity_policy_alone_is_not_enough(self) -> None:
        assert "no resource-based policy" in str(refused(SCORER, DECRYPT, self.key(by_identity=True)))

    def test_by_the_key_alone(self) -> None:
        assert (
            refused(SCORER, DECRYPT, self.key(allow("kms:Decrypt", Principal={"AWS": ROLE}), by_identity=False)) is None
        )

    def test_through_another_service(self) -> None:
        other = Permission("kms:Decrypt", KEY, (("kms:viaservice", "s3.us-east-1.amazonaws.com"),))
        assert "no identity-based policy" in str(refused(SCORER, other, self.key(self.ACCOUNTS, by_identity=True)))

    def test_a_service(self) -> None:
        allowed = allow("kms:Decrypt", Principal={"Service": "sns.amazonaws.com"})
        assert refused(SNS, DECRYPT, self.key(allowed, by_identity=False)) is None
        assert "no resource-based policy" in str(refused(SNS, DECRYPT, self.key(self.ACCOUNTS, by_identity=False)))


def test_a_functions_own_code_is_told_from_lambda() -> None:
    """Network interfaces are Lambda's to make, not the function's."""
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:scorer"
    own = {"ArnLike": {"lambda:SourceFunctionArn": "arn:*:lambda:*:*:function:scorer*"}}
    policies = identity(allow("ec2:*"), deny("ec2:*", Condition=own))
    wanted = Permission("ec2:CreateNetworkInterface", "*")

    assert refused(SCORER, wanted, policies) is None
    assert refused(Principal(SESSION, ACCOUNT, role=ROLE, function=function), wanted, policies) is not None


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (allow("sqs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "IpAddress"),
        (allow("sqs:*", f"arn:aws:sqs:*:*:{'${aws:PrincipalTag/team}'}"), "policy variables"),
    ],
)
def test_what_is_not_evaluated_allows_nothing_and_says_so(statement: Statement, named: str) -> None:
    reason = refused(SCORER, SEND, identity(statement, allow("sqs:*")))

    assert reason is not None
    assert "the local stack does not evaluate" in reason
    assert named in reason
