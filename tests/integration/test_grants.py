"""Every call is granted, and every grant is used or explained (permissions.toml). Last of the integration tests."""

import json
import tomllib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from millrace.accounting.sink_reader import SinkReader
from millrace.model.operator import operator
from millrace.model.releases import Releases
from millrace.model.verdict import of_promotion
from millrace_localstack.launcher import LocalStack
from millrace_localstack.launcher.environment import REGION
from stream_producers.produce import produce
from stream_producers.synthetic import Sessions
from stream_producers.targets import KinesisTarget, SnsTarget
from tests.integration import iam
from tests.integration.conftest import train_version
from tests.integration.harness import Harness, wait_for

type OpenStack = Callable[[str], Harness]

FILE = tomllib.loads((Path(__file__).parent / "permissions.toml").read_text())
ACCOUNT = "000000000000"


@pytest.fixture
def role(harness: OpenStack) -> Iterator[Callable[[str, str], str]]:
    """Makes a role with a policy, by name; its ARN."""
    client, made = harness("queued").stack.client("iam"), []
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}

    def make(name: str, policy: str) -> str:
        text = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn: str = client.create_role(RoleName=name, AssumeRolePolicyDocument=text)["Role"]["Arn"]
        made.append(name)
        client.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=policy)
        return arn

    yield make
    for name in made:
        client.delete_role_policy(RoleName=name, PolicyName="given")
        client.delete_role(RoleName=name)


def test_a_publisher_publishes_splits_and_promotes(harness: OpenStack) -> None:
    queued = harness("queued")
    publisher = iam.session(queued.stack, queued.stack.outputs["model_store"]["publisher_role_arn"])
    store = publisher.model_store()
    before = queued.stack.model_store().release()
    assert before is not None

    store.publish(train_version("by-publisher"))
    releases = Releases(store, operator(publisher))
    releases.split("by-publisher", 0.5)
    of_promotion(publisher, None)  # the evaluation is read
    releases.split(None, 0.0)

    after = queued.stack.model_store().release()
    assert after is not None
    assert after.release.champion == before.release.champion


def test_producers_and_consumers_need_what_the_outputs_give(
    harness: OpenStack, role: Callable[[str, str], str]
) -> None:
    queued = harness("queued")
    policies, outputs = queued.stack.outputs["policies"], queued.stack.outputs
    sources = ("event_stream", "event_topic")
    statements = [one for name in sources for one in json.loads(policies["produce"][name])["Statement"]]
    both = json.dumps({"Version": "2012-10-17", "Statement": statements})
    producer = iam.session(queued.stack, role("it-producer", both))
    consumer = iam.session(queued.stack, role("it-consumer", policies["consume"]["prediction_sink"]))
    stream, topic = outputs["event_stream"], outputs["event_topic"]
    seen: set[str] = set()

    with SinkReader(consumer, lambda some: seen.update(one.prediction_id for one in some)) as reader:
        for target in (
            KinesisTarget(stream["name"], stream["arn"], producer.client("kinesis")),
            SnsTarget(topic["arn"], producer.client("sns")),
        ):
            receipts: list[Any] = []
            produce(islice(Sessions(320).events(), 5), target, receipts=receipts.extend)
            queued.receipts += receipts
        assert queued.settle().predictions == 10
        wait_for(lambda: reader.check() or seen >= set(queued.by_id(queued.receipts)))


KINDS = {
    "scorer": "-scorer",
    "evaluator": "-evaluator",
    "batch": "-batch",
    "batch-states": "-batch-states",
    "release": "-release",
    "release-states": "-release-states",
    "release-verify": "-release-verify",
    "http": "-http",
    "authorizer": "-authorizer",
    "caller": "it-caller",
    "publisher": "-publisher",
    "producer": "it-producer",
    "consumer": "it-consumer",
}
BY_KEYS = {"kms:Sign"}  # granted by the policy of the key alone


def kind(role_arn: str) -> str | None:
    """What of a stack a role is of; None for the roles of other tests."""
    name = role_arn.rsplit("/", 1)[-1].removesuffix(f"-{REGION}")  # names of the stack's roles are global
    return next((kind for kind, ending in KINDS.items() if name.startswith("it-") and name.endswith(ending)), None)


def as_written(action: str) -> str:
    return action.replace("SNS:", "sns:")


def test_what_each_role_did_is_listed(
    harness: OpenStack, localstack: LocalStack, request: pytest.FixtureRequest
) -> None:
    harness("queued")
    done: dict[str, set[str]] = {name: set() for name in KINDS}
    for one in iam.decisions(localstack):
        if one["refused"] is None and (of := kind(str(one["by"]))):
            done[of].add(as_written(str(one["action"])))

    for name, actions in done.items():
        listed = {*FILE["used"][name], *FILE["unused"].get(name, {})}
        assert actions <= listed, f"{name} did what permissions.toml does not list"
        if _all_ran(request.session):
            assert set(FILE["used"][name]) <= actions, f"{name} did not do what permissions.toml lists as used"


def _all_ran(session: pytest.Session) -> bool:
    """Whether this run has all of the integration tests."""
    folder = Path(__file__).parent
    return {item.path for item in session.items} >= set(folder.glob("test_*.py"))


def test_what_each_role_is_granted_is_used_or_explained(harness: OpenStack) -> None:
    stack = harness("queued").stack
    client, policies = stack.client("iam"), stack.outputs["policies"]
    granted = {
        "caller": set(_actions(harness("attached").stack.outputs["policies"]["request"])),
        "producer": set(_actions(*policies["produce"].values())),
        "consumer": set(_actions(policies["consume"]["prediction_sink"])),
    }
    for page in client.get_paginator("list_roles").paginate():
        for one in page["Roles"]:
            if of := kind(one["Arn"]):
                granted.setdefault(of, set()).update(_granted(client, one["RoleName"]))

    assert granted.keys() == KINDS.keys()
    for name, actions in granted.items():
        listed = {*FILE["used"][name], *FILE["unused"].get(name, {})} - BY_KEYS
        assert actions == listed, f"{name}: permissions.toml lists other actions than its policies"


def _granted(client: Any, role: str) -> Iterator[str]:
    for name in client.list_role_policies(RoleName=role)["PolicyNames"]:
        yield from _actions(json.dumps(client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]))


def _actions(*policies: str) -> Iterator[str]:
    for policy in policies:
        for statement in json.loads(policy)["Statement"]:
            actions = statement["Action"]
            yield from actions if isinstance(actions, list) else [actions]
