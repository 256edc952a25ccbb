"""What the buckets of a stack hold, before Terraform would find out half way through a destroy."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from millrace.errors import UserError

# Versions and delete markers that are counted in a bucket: ten requests.
CAP = 10_000
PART = re.compile(r"module\.(\w+)(?:\[[^]]*\])?\.module\.bucket$")


class Held(NamedTuple):
    """A bucket that holds something.

    part : the module and setting that the bucket belongs to, such as model_store.
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
    """Raises UserError where a bucket in the state without `force_destroy` holds anything, or cannot be listed."""
    held = [found for bucket, part in protected(state) if (found := _held(s3, bucket, part))]
    if not held:
        return
    listed = "\n".join(f"  {found}" for found in held)
    settings = ", ".join(f"{found.part} = {{ force_destroy = true }}" for found in held)
    raise UserError(
        f"nothing was destroyed: expected empty buckets, got objects in {len(held)}, where force_destroy is off:\n"
        f"{listed}\n"
        f"To delete what they hold: set {settings} in terraform/environments/{environment}.tfvars, run `make deploy "
        f"ENV={environment}`, then destroy. To keep it: copy it elsewhere and empty the buckets, every version"
    )


def protected(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and part of each bucket that Terraform manages and would not empty: the state decides, not the tfvars."""
    for resource in state.get("resources", []):
        if resource["mode"] != "managed" or resource["type"] != "aws_s3_bucket":
            continue
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            if not attributes.get("force_destroy"):
                address = resource.get("module", "")
                found = PART.search(address)
                yield attributes["bucket"], found[1] if found else address or resource["name"]


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
