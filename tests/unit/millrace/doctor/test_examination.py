"""A fault of each kind, planted in a whole stack, is found where it should be; and nothing else is."""

import copy
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from millrace.doctor import examination
from millrace.doctor.ask import Ask
from millrace.doctor.checks.scorer import NO_RECORDS, digest
from millrace.doctor.examination import examine
from millrace.doctor.finding import Finding, Status
from millrace.model.checks import Result
from millrace.stack import Stack
from model_store.errors import DocumentInvalid, ReleaseMissing
from model_store.memory import MIB
from tests.fakes.answers import ACCOUNT, KEY, REGION, FakeAws, refused, unreachable, whole, whole_outputs
from tests.fakes.release_workflow import ReleaseMachine

GOOD = Result("7", ("champion",), "", 3, "signed by 0836723b9f4f")
Change = Callable[[dict[str, Any]], object]


class Lab:
    """A stack, what AWS says of it, and what of the release verifies."""

    def __init__(self, built: Path) -> None:
        self.answers, self.outputs, self.built = whole(), whole_outputs(), built
        self.release: list[Result] | Exception = [GOOD]
        self.environment: dict[str, str] = {}
        built.mkdir()
        (built / "scorer-arm64.zip").write_bytes(b"package")
        self.answers["lambda.get_function_configuration"]["CodeSha256"] = digest(b"package")

    def examine(self) -> list[Finding]:
        self.aws = FakeAws(self.answers)
        return examine(Stack("dev", self.environment, self.outputs), ask=Ask(self.aws.client), built=self.built)

    def not_ok(self) -> list[Finding]:
        return [finding for finding in self.examine() if finding.status is not Status.OK]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = Lab(tmp_path / "build")

    def of_store(stack: Stack, version: str | None) -> list[Result]:
        if isinstance(lab.release, Exception):
            raise lab.release
        return lab.release

    monkeypatch.setattr(examination.models, "of_store", of_store)
    return lab


def test_a_whole_stack_is_whole(lab: Lab) -> None:
    findings = lab.examine()

    assert {finding.status for finding in findings} == {Status.OK}
    assert len({finding.check for finding in findings}) == len(findings) == 24
    assert not any(finding.fix for finding in findings)


def test_it_only_reads_and_calls_the_scorer_with_no_records(lab: Lab) -> None:
    lab.examine()

    changing = [name for name in lab.aws.asked if not name.split(".")[1].startswith(("get_", "list_", "describe_"))]
    assert changing == ["lambda.invoke"]
    assert json.loads(NO_RECORDS) == {"Records": []}


def test_a_function_that_does_not_answer_is_a_fault(lab: Lab) -> None:
    """All of its descriptions may be as they should be."""
    lab.answers["lambda.invoke"] = ReadTimeoutError(endpoint_url="http://127.0.0.1:4566")

    (found,) = lab.not_ok()

    assert (found.check, found.status) == ("scorer call", Status.FAULT)
    assert "does not answer a batch without records" in found.what
    assert "logs tail /aws/lambda/scorer" in found.fix


def in_place(*path: str | int, value: Any) -> Change:
    """Set what lies at a path in the answers."""

    def change(answers: dict[str, Any]) -> None:
        at: Any = answers
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def without_variable(name: str) -> Change:
    return lambda answers: answers["lambda.get_function_configuration"]["Environment"]["Variables"].pop(name)


STREAM = ("kinesis.describe_stream_summary", "StreamDescriptionSummary")
MAPPINGS = ("lambda.list_event_source_mappings", "EventSourceMappings")
FUNCTION = "lambda.get_function_configuration"
ALARM = ("cloudwatch.describe_alarms", "MetricAlarms", 0)
KEY_STATE = ("kms.describe_key", "KeyMetadata", "KeyState")

PLANTED = {
    "another account": (
        in_place("sts.get_caller_identity", "Account", value="999999999999"),
        ("credentials", "fault", "account 999999999999", "AWS_PROFILE"),
    ),
    "a stream that is deleted": (
        in_place(*STREAM, "StreamStatus", value="DELETING"),
        ("event_stream", "fault", "DELETING", "make deploy ENV=dev"),
    ),
    "a stream in the clear": (
        in_place(*STREAM, "EncryptionType", value="NONE"),
        ("event_stream", "warning", "not encrypted", "make deploy ENV=dev"),
    ),
    "no subscription": (
        in_place("sns.list_subscriptions_by_topic", "Subscriptions", value=[]),
        ("event_topic subscription", "fault", "goes nowhere", "make deploy ENV=dev"),
    ),
    "a subscription that waits": (
        in_place("sns.list_subscriptions_by_topic", "Subscriptions", 0, "SubscriptionArn", value="PendingConfirmation"),
        ("event_topic subscription", "fault", "confirmed", "make deploy ENV=dev"),
    ),
    "a mapping that is off": (
        in_place(*MAPPINGS, 0, "State", value="Disabled"),
        ("event_stream mapping", "fault", "disabled", "aws lambda update-event-source-mapping --uuid uuid-0 --enabled"),
    ),
    "a mapping on its way": (
        in_place(*MAPPINGS, 1, "State", value="Updating"),
        ("event_topic mapping", "warning", "Updating", "in a minute"),
    ),
    "a mapping in trouble": (
        in_place(*MAPPINGS, 0, "LastProcessingResult", value="PROBLEM: Function call failed"),
        ("event_stream mapping", "fault", "Function call failed", "logs tail /aws/lambda/scorer"),
    ),
    "no mapping": (
        lambda answers: answers[MAPPINGS[0]][MAPPINGS[1]].pop(1),
        ("event_topic mapping", "fault", "nothing calls the scorer", "make deploy ENV=dev"),
    ),
    "events that wait": (
        in_place("cloudwatch.get_metric_statistics", "Datapoints", value=[{"Maximum": 90_000.0}]),
        ("event_stream age", "warning", "90 s", "The iterator age grows"),
    ),
    "no metric": (
        in_place("cloudwatch.get_metric_statistics", "Datapoints", value=[]),
        ("event_stream age", "unknown", "no data", ""),
    ),
    "an older version": (
        in_place("lambda.get_alias", "FunctionVersion", value="2"),
        ("scorer alias", "warning", "version 2, deployed here was 3", "make deploy ENV=dev"),
    ),
    "a function that failed": (
        lambda answers: answers[FUNCTION].update(State="Failed", StateReason="the key is gone"),
        ("scorer function", "fault", "the key is gone", "make deploy ENV=dev"),
    ),
    "a function that begins": (
        in_place(FUNCTION, "State", value="Pending"),
        ("scorer function", "warning", "Pending", "in a minute"),
    ),
    "a variable that is missing": (
        without_variable("MODEL_BUCKET"),
        ("scorer settings", "fault", "expected MODEL_BUCKET", "make deploy ENV=dev"),
    ),
    "another stack's sink": (
        in_place(FUNCTION, "Environment", "Variables", "PREDICTION_SINK_TARGET", value="arn:other"),
        ("scorer settings", "fault", "not this stack's: PREDICTION_SINK_TARGET", "make deploy ENV=dev"),
    ),
    "another package": (
        in_place(FUNCTION, "CodeSha256", value="other"),
        ("scorer package", "warning", "is another", "make deploy ENV=dev"),
    ),
    "a scorer that was stopped": (
        in_place("lambda.get_function_concurrency", "ReservedConcurrentExecutions", value=0),
        ("scorer concurrency", "fault", "stopped", "make deploy ENV=dev"),
    ),
    "a function that cannot start": (
        lambda answers: answers["lambda.invoke"].update(
            FunctionError="Unhandled", Payload=io.BytesIO(b'{"errorType": "Runtime.ExitError"}')
        ),
        ("scorer call", "fault", "Runtime.ExitError", "logs tail /aws/lambda/scorer"),
    ),
    "no log group": (
        in_place("logs.describe_log_groups", "logGroups", value=[]),
        ("scorer log", "warning", "no log group", "make deploy ENV=dev"),
    ),
    "no versions in the failure store": (
        in_place("s3.get_bucket_versioning", value={}),
        ("failure_store", "fault", "versioning is off", "make deploy ENV=dev"),
    ),
    "an alarm that rings": (
        lambda answers: answers[ALARM[0]][ALARM[1]][0].update(
            StateValue="ALARM", StateReason="1 datapoint above 0", AlarmDescription="see the runbook"
        ),
        ("alarm scorer-release-refused", "fault", "1 datapoint above 0", "see the runbook"),
    ),
    "an alarm that is silent": (
        in_place(*ALARM, "ActionsEnabled", value=False),
        ("alarms", "warning", "actions disabled: scorer-release-refused", "enable-alarm-actions"),
    ),
    "no alarms": (
        in_place("cloudwatch.describe_alarms", "MetricAlarms", value=[]),
        ("alarms", "warning", "there are none", "make deploy ENV=dev"),
    ),
}


@pytest.mark.parametrize(("plant", "expected"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(plant: Change, expected: tuple[str, str, str, str], lab: Lab) -> None:
    plant(lab.answers)

    found = lab.not_ok()

    # A fake answers for every stream alike, so what a stream has both have.
    assert {finding.check for finding in found} - {"prediction_sink"} == {expected[0]}
    check, status, what, fix = expected
    assert (found[0].check, found[0].status) == (check, status)
    assert what in found[0].what
    assert fix in found[0].fix


@pytest.mark.parametrize(
    ("state", "fix"),
    [
        ("Disabled", "aws kms enable-key --key-id 1"),
        ("PendingDeletion", "aws kms cancel-key-deletion --key-id 1 && aws kms enable-key --key-id 1"),
        ("Unavailable", "make deploy ENV=dev"),
    ],
)
def test_a_key_that_cannot_be_used(state: str, fix: str, lab: Lab) -> None:
    in_place(*KEY_STATE, value=state)(lab.answers)

    found = lab.not_ok()

    assert [(one.check, one.status, one.fix) for one in found] == [
        ("encryption key", Status.FAULT, fix),
        ("signing key", Status.FAULT, fix),
    ]


def test_what_waits_for_a_redrive(lab: Lab) -> None:
    lab.answers["s3.list_objects_v2"] = {"KeyCount": 1000, "IsTruncated": True}
    lab.answers["sqs.get_queue_attributes"] = {"Attributes": {"ApproximateNumberOfMessages": "12"}}

    found = {finding.check: finding for finding in lab.examine()}

    for check, what in (("on-failure store", "1,000 or more"), ("event_topic dead letters", "12 messages")):
        assert found[check].status is Status.WARNING
        assert what in found[check].what
        assert found[check].fix == ".venv/bin/millrace redrive --stack dev"
    assert found["quarantine"].status is Status.OK, "events that cannot be scored are usual"


@pytest.mark.parametrize(
    ("roles", "status", "fix"),
    [
        (("champion",), Status.FAULT, "model rollback"),
        (("challenger",), Status.FAULT, "model split --share 0"),
        (("shadow",), Status.WARNING, "model shadow none"),
        (("previous",), Status.WARNING, "model publish"),
    ],
)
def test_a_version_that_does_not_verify(roles: tuple[str, ...], status: Status, fix: str, lab: Lab) -> None:
    lab.release = [GOOD, Result("8", roles, "SHA-256: expected a, got b")]

    (found,) = lab.not_ok()

    assert (found.check, found.status) == (f"release, {roles[0]}", status)
    assert "8 is refused: SHA-256" in found.what
    assert fix in found.fix


@pytest.mark.parametrize(("size", "needed"), [(37 * MIB, None), (40 * MIB, 544)])
def test_a_version_that_running_containers_cannot_load(size: int, needed: int | None, lab: Lab) -> None:
    """They have room for two models, or keep the former one."""
    lab.outputs["scorer"]["memory_mb"] = 512
    lab.release = [replace(GOOD, size=size)]

    found = lab.not_ok()

    assert [(one.check, one.status) for one in found] == [("release, champion", Status.WARNING)] * (needed is not None)
    assert needed is None or f"Set memory_mb to {needed}" in found[0].what


@pytest.mark.parametrize(
    ("trouble", "status", "what"),
    [
        (ReleaseMissing("models/sessions/release.json"), Status.FAULT, "the scorer has no model"),
        (DocumentInvalid("release.champion: expected an object"), Status.FAULT, "it cannot be read"),
        (refused("GetObject", "AccessDenied"), Status.UNKNOWN, "s3:GetObject is not allowed to you"),
        (unreachable(), Status.UNKNOWN, "no answer"),
    ],
)
def test_a_release_that_cannot_be_read(trouble: Exception, status: Status, what: str, lab: Lab) -> None:
    lab.release = trouble

    (found,) = lab.not_ok()

    assert (found.check, found.status) == ("release", status)
    assert what in found.what


@pytest.mark.parametrize("operation", [name for name in whole() if not name.startswith("sts")])
def test_what_is_not_allowed_is_unknown_with_the_action_and_the_rest_is_told(operation: str, lab: Lab) -> None:
    service, name = operation.split(".")
    lab.answers[operation] = refused("".join(part.title() for part in name.split("_")))

    found = lab.not_ok()

    assert found
    assert {one.status for one in found} == {Status.UNKNOWN}
    assert all(f"{service}:" in one.what and one.fix.startswith("allow ") for one in found)


@pytest.mark.parametrize("operation", [name for name in whole() if not name.startswith("sts")])
def test_what_is_not_there_is_told_with_what_brings_it(operation: str, lab: Lab) -> None:
    lab.answers[operation] = refused("Operation", "ResourceNotFoundException", "not found")

    found = lab.not_ok()

    assert found
    assert all(one.fix for one in found)
    assert Status.FAULT in {one.status for one in found}


def test_without_an_answer_nothing_else_is_asked(lab: Lab) -> None:
    lab.environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    lab.answers["sts.get_caller_identity"] = unreachable()

    found = lab.examine()

    assert [(one.check, one.status) for one in found] == [("credentials", Status.FAULT), ("outputs", Status.OK)]
    assert "http://127.0.0.1:1 does not answer" in found[0].what
    assert lab.aws.asked == ["sts.get_caller_identity"]


def test_without_outputs_nothing_else_is_asked(lab: Lab) -> None:
    del lab.outputs["failure_store"]

    (found,) = lab.not_ok()

    assert (found.check, found.status) == ("outputs", Status.FAULT)
    assert "missing: failure_store" in found.what
    assert lab.aws.asked == ["sts.get_caller_identity"]


@pytest.mark.parametrize(
    ("kind", "operation"), [("sns", "sns.get_topic_attributes"), ("sqs", "sqs.get_queue_attributes")]
)
def test_each_kind_of_sink_is_described_and_so_is_the_shadows(kind: str, operation: str, lab: Lab) -> None:
    sink = {"type": kind, "name": "out", "arn": f"arn:aws:{kind}:eu-central-1:1:out", "target": "there"}
    variables = lab.answers[FUNCTION]["Environment"]["Variables"]
    variables |= {"PREDICTION_SINK_TYPE": kind, "PREDICTION_SINK_TARGET": "there"}
    variables |= {"SHADOW_SINK_TYPE": kind, "SHADOW_SINK_TARGET": "there"}
    lab.outputs |= {"prediction_sink": sink, "shadow_sink": sink}

    assert lab.not_ok() == []
    lab.answers[operation] = refused("Get", "NotFound", "gone")
    assert {"prediction_sink", "shadow_sink"} <= {finding.check for finding in lab.not_ok()}


def test_a_topic_that_calls_the_scorer_itself(lab: Lab) -> None:
    lab.outputs["sources"]["event_topic"] |= {"delivery": "direct", "queue_url": None}
    lab.answers[MAPPINGS[0]][MAPPINGS[1]].pop(1)
    one = lab.answers["sns.list_subscriptions_by_topic"]["Subscriptions"][0]
    before = copy.deepcopy(one)
    one |= {"Protocol": "lambda", "Endpoint": "arn:aws:lambda:eu-central-1:123456789012:function:scorer:live"}

    assert lab.not_ok() == []
    one |= before
    assert [finding.check for finding in lab.not_ok()] == ["event_topic subscription"]


def test_commands_for_a_local_stack_name_its_endpoint(lab: Lab) -> None:
    lab.environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    in_place(*MAPPINGS, 0, "State", value="Disabled")(lab.answers)

    (found,) = lab.not_ok()

    assert found.fix.startswith("AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws lambda")
    assert KEY not in found.fix


def test_an_alarm_that_terraform_made_and_is_gone(lab: Lab) -> None:
    lab.outputs["observability"] = {"alarms": ["scorer-release-refused", "scorer-errors"]}

    (found,) = lab.not_ok()

    assert (found.check, found.status) == ("alarms", Status.WARNING)
    assert found.what == "missing: scorer-errors"
    assert found.fix == "make deploy ENV=dev"


STATES = f"arn:aws:states:{REGION}:{ACCOUNT}"


@pytest.fixture
def releasing(lab: Lab, s3: Any) -> Lab:
    """A stack with a release workflow, and a record of one that runs."""
    machine = ReleaseMachine(s3)
    lab.outputs["release_workflow"] = {"state_machine_arn": f"{STATES}:stateMachine:dev-release", "rule": "dev-ended"}
    machine.step("begin", "first", input={"version": "2"})
    lab.answers |= {
        "stepfunctions.describe_state_machine": {"status": "ACTIVE"},
        "stepfunctions.describe_execution": {"status": "RUNNING"},
        "events.describe_rule": {"State": "ENABLED"},
        "s3.get_object": {"Body": io.BytesIO(machine.record.to_bytes())},
    }
    return lab


def of_workflow(lab: Lab) -> dict[str, tuple[str, str]]:
    """Each finding on the workflow: its status, and its fix; where nothing is to be fixed, what it says."""
    found = [finding for finding in lab.examine() if finding.check.startswith("release workflow")]
    return {
        one.check.removeprefix("release workflow").strip(): (one.status.value, one.fix or one.what) for one in found
    }


def test_a_release_workflow_that_runs_is_whole(releasing: Lab) -> None:
    assert of_workflow(releasing) == {
        "": ("ok", "state machine, active"),
        "rule": ("ok", "enabled"),
        "record": ("ok", "first of 2 is running"),
        "run": ("ok", "first runs"),
    }
    assert releasing.aws.arguments["stepfunctions.describe_execution"] == {
        "executionArn": f"{STATES}:execution:dev-release:first"
    }


def test_a_stack_without_a_record_had_no_workflow_yet(releasing: Lab) -> None:
    releasing.answers["s3.get_object"] = refused("GetObject", "NoSuchKey")
    assert of_workflow(releasing)["record"] == ("ok", "no workflow yet")


@pytest.mark.parametrize(
    ("operation", "answer", "check", "fix"),
    [
        ("stepfunctions.describe_state_machine", {"status": "DELETING"}, "", "make deploy ENV=dev"),
        ("events.describe_rule", {"State": "DISABLED"}, "rule", "make deploy ENV=dev"),
        ("events.describe_rule", refused("DescribeRule", "ResourceNotFoundException"), "rule", "make deploy ENV=dev"),
        ("s3.get_object", {"Body": io.BytesIO(b"{}")}, "record", 'docs/runbook.md, "A release workflow failed"'),
        ("stepfunctions.describe_execution", {"status": "ABORTED"}, "run", "release abort --stack dev"),
    ],
    ids=["machine", "rule off", "no rule", "record", "stopped"],
)
def test_a_fault_of_a_release_workflow_is_found(
    releasing: Lab, operation: str, answer: Any, check: str, fix: str
) -> None:
    releasing.answers[operation] = answer
    status, told = of_workflow(releasing)[check]
    assert (status, fix in told) == ("fault", True)


def test_the_outputs_of_an_earlier_version_lack_the_rule_and_all_else_is_examined(releasing: Lab) -> None:
    del releasing.outputs["release_workflow"]["rule"]

    examined = {finding.check: finding for finding in releasing.examine()}

    (found,) = (finding for finding in examined.values() if finding.status is not Status.OK)
    assert (found.check, found.status) == ("output release_workflow.rule", Status.UNKNOWN)
    assert (found.what, found.fix) == (
        "it was not saved: an earlier version deployed this stack",
        "make deploy ENV=dev",
    )
    assert {"release workflow", "release workflow record", "release workflow run"} <= examined.keys()


def members(outputs: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in outputs.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from members(value, (*path, name))


@pytest.mark.parametrize("path", list(members(whole_outputs())), ids=".".join)
def test_without_any_one_output_there_are_findings_and_what_is_missing_says_what_deploys(
    path: tuple[str, ...], lab: Lab
) -> None:
    output = lab.outputs
    for name in path[:-1]:
        output = output[name]
    del output[path[-1]]

    found = lab.examine()

    assert len({finding.check for finding in found}) == len(found)
    missing = [finding for finding in found if finding.check.startswith("output ")]
    assert [(one.check, one.fix) for one in missing] in ([], [(f"output {'.'.join(path)}", "make deploy ENV=dev")])
