"""The examination: what is asked, in the order in which data flows, and who judges the answer."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from millrace import sinks, sources
from millrace.doctor.ask import PATIENCE, Answer, Ask, Known, answered
from millrace.doctor.checks import access, alarms, failures, keys, release, scorer, workflow
from millrace.doctor.finding import ExaminedStack, Finding, Status, unknown
from millrace.doctor.saved import OutputMissing, SavedOutputs
from millrace.model import checks as models
from millrace.paths import ROOT
from millrace.services import events, sqs, states
from millrace.stack import Stack
from model_store.errors import ModelStoreError
from releases.record import record_key

# Objects that are counted; more are reported as "or more".
MOST_KEYS = 1_000


def examine(stack: Stack, *, ask: Ask | None = None, built: Path = ROOT / "build") -> list[Finding]:
    """Every check of a stack. Where credentials or outputs are at fault nothing else is asked.

    ask : for tests. built : the folder with the packages that were built here.
    """
    ask = ask or Ask(lambda service: stack.client(service, PATIENCE))
    stack = replace(stack, outputs=SavedOutputs(stack.outputs))
    place = ExaminedStack(stack.name, stack.outputs, stack.environment.get("AWS_ENDPOINT_URL"))
    found = _complete(place, _access(place, ask))
    if any(finding.status is Status.FAULT for finding in found):
        return found
    parts = (
        _sources(place, ask),
        _scorer(place, ask, built),
        _release(place, stack),
        _workflow(place, ask),
        _workflow_rule(place, ask),
        _sinks(place, ask),
        _failures(place, ask),
        _keys(place, ask),
        _alarms(place, ask),
    )
    with ThreadPoolExecutor(len(parts)) as side_by_side:  # each waits for answers most of its time
        all_found = chain(found, *side_by_side.map(partial(_complete, place), parts))
    return list(dict.fromkeys(all_found))  # several parts may miss the same output


def _complete(place: ExaminedStack, part: Iterable[Finding]) -> list[Finding]:
    """A part's findings, up to an output that an earlier version did not have."""
    found = []
    try:
        for finding in part:
            found.append(finding)
    except OutputMissing as missing:
        what = "it was not saved: an earlier version deployed this stack"
        found.append(unknown(f"output {missing.path}", what, place.deploy))
    return found


def _access(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    yield access.credentials(place, ask("sts", "get_caller_identity"))
    yield access.outputs(place)


def _sources(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    for name, (part, output) in sources.deployed(place.outputs).items():
        yield from part.checks(name, output, place, ask)


def _scorer(place: ExaminedStack, ask: Ask, built: Path) -> Iterator[Finding]:
    names = place.outputs["scorer"]
    alias = ask("lambda", "get_alias", FunctionName=names["function_name"], Name=names["alias"])
    yield scorer.alias(place, alias)
    # By its version: LocalStack does not find a configuration by an alias.
    version = alias.value["FunctionVersion"] if isinstance(alias, Known) else names.get("version", "$LATEST")
    function = ask("lambda", "get_function_configuration", FunctionName=names["function_name"], Qualifier=version)
    yield scorer.state(place, function)
    yield scorer.environment(place, function)
    yield scorer.package(place, function, built)
    yield scorer.concurrency(place, ask("lambda", "get_function_concurrency", FunctionName=names["function_name"]))
    call = {"FunctionName": names["function_name"], "Qualifier": names["alias"], "Payload": scorer.NO_RECORDS}
    yield scorer.call(place, ask("lambda", "invoke", **call))
    yield scorer.log_group(place, ask("logs", "describe_log_groups", logGroupNamePrefix=names["log_group"]))


def _release(place: ExaminedStack, stack: Stack) -> Iterator[Finding]:
    yield from release.release(place, _verified(stack))


def _workflow(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    """Nothing in a stack without a release workflow."""
    if not (found := place.outputs.get("release_workflow")):
        return
    machine: str = found["state_machine_arn"]
    yield states.check(place, "release workflow", states.machine(ask, machine))
    key = record_key(place.outputs["model"]["name"])
    finding, running = workflow.record(
        place, ask("s3", "get_object", Bucket=place.outputs["model_store"]["bucket"], Key=key)
    )
    yield finding
    if running:
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{running}"
        yield workflow.run(place, running, ask("stepfunctions", "describe_execution", executionArn=execution))


def _workflow_rule(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    if found := place.outputs.get("release_workflow"):
        yield workflow.rule(place, ask(events.SERVICE, "describe_rule", Name=found["rule"]))


def _verified(stack: Stack) -> Answer[list[models.Result] | ModelStoreError]:
    """What the release names, verified; or why there is none that can be read."""

    def verify() -> list[models.Result] | ModelStoreError:
        try:
            return models.of_store(stack, None)
        except ModelStoreError as error:
            return error

    return answered(verify, "s3")


def _sinks(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    for name, (part, output) in sinks.deployed(place.outputs).items():
        yield part.check(name, output, place, ask)


def _failures(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    store = place.outputs["failure_store"]

    def listed(prefix: str) -> Answer[dict[str, Any]]:
        return ask("s3", "list_objects_v2", Bucket=store["bucket"], Prefix=store[prefix], MaxKeys=MOST_KEYS)

    yield failures.store(place, ask("s3", "get_bucket_versioning", Bucket=store["bucket"]))
    yield failures.on_failure(place, listed("on_failure_prefix"))
    yield failures.quarantine(place, listed("quarantine_prefix"))
    for name, url in sources.dead_letter_queues(place.outputs).items():
        yield failures.dead_letters(place, name, sqs.attributes(ask, url))


def _keys(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    """The stack's key is the one that encrypts its first source; where none is known, the sources' checks report it."""
    known = (part.encryption_key(output, ask) for part, output in sources.deployed(place.outputs).values())
    if key := next(filter(None, known), None):
        yield keys.key(place, "encryption key", ask("kms", "describe_key", KeyId=key))
    if signing := place.outputs["model_store"].get("signing_key_arn"):
        yield keys.key(place, "signing key", ask("kms", "describe_key", KeyId=signing))


def _alarms(place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
    yield from alarms.alarms(place, ask("cloudwatch", "describe_alarms", **alarms.wanted(place)))
