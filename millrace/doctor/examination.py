"""The examination: what is asked, in the order in which data flows, and who judges the answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from millrace.doctor.ask import PATIENCE, Answer, Ask, Known, answered
from millrace.doctor.checks import access, alarms, failures, keys, release, scorer, sources, streams
from millrace.doctor.finding import Finding, Place, Status
from millrace.model import checks as models
from millrace.paths import ROOT
from millrace.stack import Stack
from model_store.errors import ModelStoreError

# Objects that are counted; more are told as "or more".
MOST_KEYS = 1_000
METRIC_MINUTES = 15


def examine(stack: Stack, *, ask: Ask | None = None, built: Path = ROOT / "build") -> list[Finding]:
    """Every check of a stack. Where credentials or outputs are at fault nothing else is asked.

    ask : for tests. built : the folder with the packages that were built here.
    """
    ask = ask or Ask(lambda service: stack.client(service, PATIENCE))
    place = Place(stack.name, stack.outputs, stack.environment.get("AWS_ENDPOINT_URL"))
    found = [access.credentials(place, ask("sts", "get_caller_identity")), access.outputs(place)]
    if any(finding.status is Status.FAULT for finding in found):
        return found
    parts = (
        _sources(place, ask),
        _scorer(place, ask, built),
        _release(place, stack),
        _sinks(place, ask),
        _failures(place, ask),
        _keys(place, ask),
        _alarms(place, ask),
    )
    with ThreadPoolExecutor(len(parts)) as side_by_side:  # each waits for answers most of its time
        return [*found, *chain.from_iterable(side_by_side.map(list[Finding], parts))]


def _sources(place: Place, ask: Ask) -> Iterator[Finding]:
    outputs, now = place.outputs, datetime.now(UTC)
    function = outputs["scorer"]["function_name"]
    called = f"{function}:{outputs['scorer']['alias']}"
    yield streams.stream(place, "event_stream", _stream(ask, outputs["event_stream"]["name"]))
    yield streams.topic(
        place, "event_topic", ask("sns", "get_topic_attributes", TopicArn=outputs["event_topic"]["arn"])
    )
    yield sources.subscription(place, ask("sns", "list_subscriptions_by_topic", TopicArn=outputs["event_topic"]["arn"]))
    yield from sources.mappings(place, ask("lambda", "list_event_source_mappings", FunctionName=called))
    yield sources.iterator_age(
        place,
        ask(
            "cloudwatch",
            "get_metric_statistics",
            Namespace="AWS/Lambda",
            MetricName="IteratorAge",
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=now - timedelta(minutes=METRIC_MINUTES),
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        ),
    )


def _scorer(place: Place, ask: Ask, built: Path) -> Iterator[Finding]:
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
    yield scorer.log_group(place, ask("logs", "describe_log_groups", logGroupNamePrefix=names["log_group"]))


def _release(place: Place, stack: Stack) -> Iterator[Finding]:
    yield from release.release(place, _verified(stack))


def _verified(stack: Stack) -> Answer[list[models.Result] | ModelStoreError]:
    """What the release names, verified; or why there is none that can be read."""

    def verify() -> list[models.Result] | ModelStoreError:
        try:
            return models.of_store(stack, None)
        except ModelStoreError as error:
            return error

    return answered(verify, "s3")


def _sinks(place: Place, ask: Ask) -> Iterator[Finding]:
    for name in ("prediction_sink", "shadow_sink"):
        if sink := place.outputs.get(name):
            yield _sink(place, ask, name, sink)


def _sink(place: Place, ask: Ask, name: str, sink: dict[str, Any]) -> Finding:
    look: dict[str, Callable[[], Finding]] = {
        "kinesis": lambda: streams.stream(place, name, _stream(ask, sink["name"])),
        "sns": lambda: streams.topic(place, name, ask("sns", "get_topic_attributes", TopicArn=sink["arn"])),
        "sqs": lambda: streams.queue(place, name, _queue(ask, sink["target"])),
    }
    return look[sink["type"]]()


def _failures(place: Place, ask: Ask) -> Iterator[Finding]:
    store = place.outputs["failure_store"]

    def listed(prefix: str) -> Answer[dict[str, Any]]:
        return ask("s3", "list_objects_v2", Bucket=store["bucket"], Prefix=store[prefix], MaxKeys=MOST_KEYS)

    yield failures.store(place, ask("s3", "get_bucket_versioning", Bucket=store["bucket"]))
    yield failures.on_failure(place, listed("on_failure_prefix"))
    yield failures.quarantine(place, listed("quarantine_prefix"))
    yield failures.dead_letters(place, _queue(ask, place.outputs["event_topic"]["undelivered_queue_url"]))


def _keys(place: Place, ask: Ask) -> Iterator[Finding]:
    """The stack's key is told by the stream that it encrypts; the streams' own checks tell where there is none."""
    stream = _stream(ask, place.outputs["event_stream"]["name"])
    if isinstance(stream, Known) and (key := stream.value["StreamDescriptionSummary"].get("KeyId")):
        yield keys.key(place, "encryption key", ask("kms", "describe_key", KeyId=key))
    if signing := place.outputs["model_store"].get("signing_key_arn"):
        yield keys.key(place, "signing key", ask("kms", "describe_key", KeyId=signing))


def _alarms(place: Place, ask: Ask) -> Iterator[Finding]:
    yield from alarms.alarms(place, ask("cloudwatch", "describe_alarms", **alarms.wanted(place)))


def _stream(ask: Ask, name: str) -> Answer[dict[str, Any]]:
    return ask("kinesis", "describe_stream_summary", StreamName=name)


def _queue(ask: Ask, url: str) -> Answer[dict[str, Any]]:
    return ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
