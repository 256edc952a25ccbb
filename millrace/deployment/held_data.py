"""What of a stack would stop a destroy half way: buckets that hold something, tables with deletion protection."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from millrace.errors import UserError

# Versions and delete markers that are counted in a bucket: ten requests.
CAP = 10_000
# A box's module, and the module of its bucket: Firehose's is one of several kinds of sink, with settings of its own.
PART = re.compile(r"module\.(\w+)(?:\[[^]]*\])?\.module\.(bucket|delivered)(?:\[[^]]*\])?$")
# The settings of a box that a table belongs to, by the name of its resource.
TABLES = {"events": "event_table.table", "predictions": "prediction_sink.dynamodb"}
BELOW = {"bucket": "", "delivered": ".firehose"}


class Held(NamedTuple):
    """A bucket that holds something.

    part : the setting that the bucket belongs to, by the module: model_store, prediction_sink.firehose.
    objects : versions and delete markers, which S3 counts alike; `capped`: there are more. newest : of those counted.
    """

    bucket: str
    part: str
    objects: int
    capped: bool
    newest: datetime

    def __str__(self) -> str:
        more = " or more" if self.capped else ""
        return f"{self.bucket} ({self.part}): {self.objects}{more} objects, newest {self.newest:%Y-%m-%d %H:%M} UTC"


def refuse(state: Mapping[str, Any], s3: Any, environment: str) -> None:
    """Raises UserError where a bucket in the state without `force_destroy` holds anything, or cannot be listed, and
    where a table has deletion protection.
    """
    _refuse_tables(state, environment)
    held = [found for bucket, part in protected(state) if (found := _held(s3, bucket, part))]
    if not held:
        return
    listed = "\n".join(f"  {found}" for found in held)
    settings = ", ".join(_setting(found.part, "force_destroy = true") for found in held)
    raise UserError(
        f"nothing was destroyed: expected empty buckets, got objects in {len(held)}, where force_destroy is off:\n"
        f"{listed}\n"
        f"To delete what they hold: set {settings} in terraform/environments/{environment}.tfvars, run `make deploy "
        f"ENV={environment}`, then destroy. To keep it: copy it elsewhere and empty the buckets, every version"
    )


def protected(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and part of each bucket that Terraform manages and would not empty: the state decides, not the tfvars."""
    for resource, attributes in _managed(state, "aws_s3_bucket"):
        if not attributes.get("force_destroy"):
            address = resource.get("module", "")
            found = PART.search(address)
            yield attributes["bucket"], found[1] + BELOW[found[2]] if found else address or resource["name"]


def _refuse_tables(state: Mapping[str, Any], environment: str) -> None:
    """DynamoDB refuses to delete a protected table, empty or not, when the rest of the stack is gone."""
    tables = {
        attributes["name"]: _setting(TABLES.get(resource["name"], resource["name"]), "deletion_protection = false")
        for resource, attributes in _managed(state, "aws_dynamodb_table")
        if attributes.get("deletion_protection_enabled")
    }
    if tables:
        raise UserError(
            f"nothing was destroyed: expected tables without deletion protection, got it on {', '.join(tables)}. "
            f"To delete what they hold: set {', '.join(tables.values())} in "
            f"terraform/environments/{environment}.tfvars, run `make deploy ENV={environment}`, then destroy"
        )


def _managed(state: Mapping[str, Any], kind: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The resources of a type that Terraform manages, each with the attributes of an instance."""
    for resource in state.get("resources", []):
        if resource["mode"] == "managed" and resource["type"] == kind:
            yield from ((resource, instance["attributes"]) for instance in resource["instances"])


def _setting(part: str, setting: str) -> str:
    """ "prediction_sink = { firehose = { force_destroy = true } }" """
    for name in reversed(part.split(".")):
        setting = f"{name} = {{ {setting} }}"
    return setting


def _held(s3: Any, bucket: str, part: str) -> Held | None:
    entries: list[dict[str, Any]] = []
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            entries += page.get("Versions", []) + page.get("DeleteMarkers", [])
            if len(entries) > CAP:
                break
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":  # deleted by hand
            return None
        raise UserError(
            f"nothing was destroyed: the bucket {bucket} cannot be listed, so it may hold data: {error}. Allow "
            "s3:ListBucketVersions"
        ) from None
    if not entries:
        return None
    entries = entries[: CAP + 1]
    newest = max(entry["LastModified"] for entry in entries[:CAP])
    return Held(bucket, part, min(len(entries), CAP), len(entries) > CAP, newest)
