"""The function: its alias, the version behind it, its settings, its package and its share of the account."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from millrace.doctor.ask import Answer, Failed
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok, warning
from records.settings import ConfigInvalid
from serving.config import ScorerConfig

Document = dict[str, Any]
# Scores, publishes and changes nothing.
NO_RECORDS = b'{"Records": []}'


def alias(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of lambda:GetAlias: the event sources call the alias, and it calls the version that was deployed last."""
    check, scorer = "scorer alias", place.outputs["scorer"]

    def judge(found: Document) -> Finding:
        version, deployed = found["FunctionVersion"], scorer.get("version", found["FunctionVersion"])
        what = f"{scorer['alias']} calls version {version}"
        if version != deployed:
            return warning(check, f"{what}, deployed here was {deployed}", place.deploy)
        return ok(check, what)

    return judged(check, answer, judge, place.deploy)


def state(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of lambda:GetFunctionConfiguration: whether the version can be called."""
    check = "scorer function"

    def judge(found: Document) -> Finding:
        now, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
        reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
        if now == "Failed" or update == "Failed":
            return fault(check, f"state {now}, last update {update}: {reason}", place.deploy)
        if now == "Active" and update == "Successful":
            what = f"active; {found['Runtime']}, {found['Architectures'][0]}, {found['MemorySize']} MB"
            return ok(check, f"{what}, {found['Timeout']} s")
        return warning(check, f"state {now}, last update {update}: {reason}", "run it again in a minute")

    return judged(check, answer, judge, place.deploy)


def environment(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """The same call: whether the scorer can start with its settings, and whether they are those of this stack."""
    check = "scorer settings"

    def judge(found: Document) -> Finding:
        variables = found.get("Environment", {}).get("Variables", {})
        due = expected(place.outputs)
        try:
            ScorerConfig.from_environment(variables)
        except ConfigInvalid as error:
            return fault(check, str(error), place.deploy)
        wrong = [name for name, value in due.items() if variables.get(name, "") != value]
        if wrong:
            return fault(check, f"not this stack's: {', '.join(wrong)}", place.deploy)
        return ok(check, f"model {variables['MODEL_NAME']}, sink {variables['PREDICTION_SINK_TYPE']}")

    return judged(check, answer, judge, place.deploy)


def expected(outputs: Mapping[str, Any]) -> dict[str, str]:
    """What the function's environment must say, by Terraform's outputs; modules/millrace sets it."""
    sink, shadow = outputs["prediction_sink"], outputs.get("shadow_sink")
    by_kms = outputs["model_store"].get("verifying_key_arns") or ()
    return {
        "MODEL_BUCKET": outputs["model_store"]["bucket"],
        "MODEL_NAME": outputs["model"]["name"],
        "MODEL_PUBLIC_KEYS": "" if by_kms else ",".join(outputs["model_store"].get("public_keys") or ()),
        "MODEL_KMS_KEYS": ",".join(by_kms),
        "PREDICTION_SINK_TYPE": sink["type"],
        "PREDICTION_SINK_TARGET": sink.get("target", sink["arn"]),
        "FAILURE_BUCKET": outputs["failure_store"]["bucket"],
        "QUARANTINE_PREFIX": outputs["failure_store"]["quarantine_prefix"],
        "SHADOW_SINK_TYPE": shadow["type"] if shadow else "",
        "SHADOW_SINK_TARGET": shadow["target"] if shadow else "",
    }


def package(place: ExaminedStack, answer: Answer[Document], built: Path) -> Finding:
    """The same call: whether the function runs the package that was built here. `built`: the folder of packages."""
    check = "scorer package"

    def judge(found: Document) -> Finding:
        size, path = f"{found['CodeSize'] / 1e6:.1f} MB", built / f"scorer-{found['Architectures'][0]}.zip"
        if not path.exists():
            return ok(check, f"{size}; none was built here to compare it with")
        if digest(path.read_bytes()) != found["CodeSha256"]:
            return warning(check, f"{size}; {path.name}, which was built here, is another", place.deploy)
        return ok(check, f"{size}, the one that was built here")

    return judged(check, answer, judge, place.deploy)


def digest(package_: bytes) -> str:
    """As Lambda reports it: SHA-256 in base64."""
    return base64.b64encode(hashlib.sha256(package_).digest()).decode()


def concurrency(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of lambda:GetFunctionConcurrency: 0 stops the scorer, and is what an operator sets to stop it."""
    check = "scorer concurrency"

    def judge(found: Document) -> Finding:
        reserved = found.get("ReservedConcurrentExecutions")
        if reserved == 0:
            return fault(check, "0 executions are reserved: the scorer is stopped", place.deploy)
        return ok(check, f"{reserved} executions reserved" if reserved else "shares the account's executions")

    return judged(check, answer, judge, place.deploy)


def call(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of lambda:Invoke with no records: whether the function starts and answers, which no description of it shows."""
    check, log = "scorer call", place.aws(f"logs tail {place.outputs['scorer']['log_group']} --since 1h")
    if isinstance(answer, Failed):
        return fault(check, f"it does not answer a batch without records: {answer.why}", f"see why: {log}")

    def judge(found: Document) -> Finding:
        if "FunctionError" in found:
            what = found["Payload"].read().decode("utf-8", "replace")
            return fault(check, f"it fails on a batch without records: {what:.300}", f"see why: {log}")
        return ok(check, "it answers a batch without records")

    return judged(check, answer, judge, place.deploy)


def log_group(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of logs:DescribeLogGroups: without a group, Lambda makes one that keeps everything, not encrypted by our key."""
    check, name = "scorer log", place.outputs["scorer"]["log_group"]

    def judge(found: Document) -> Finding:
        groups = [group for group in found["logGroups"] if group["logGroupName"] == name]
        if not groups:
            return warning(check, f"there is no log group {name}", place.deploy)
        days = groups[0].get("retentionInDays")
        return ok(check, f"{name}, retention in days: {days}" if days else f"{name}, kept for ever")

    return judged(check, answer, judge, place.deploy)
