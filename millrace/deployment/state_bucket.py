"""The bucket for Terraform's state, the only resource that Terraform does not make itself."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from millrace.deployment.aws import AwsAccount
from millrace.errors import UserError

SID = "TlsOnly"


def name(account: AwsAccount) -> str:
    """The name that `bootstrap` gives: unique in all of AWS, as it has account and region."""
    return f"millrace-state-{account.id}-{account.region}"


def bootstrap(account: AwsAccount, s3: Any, environment: str, settings: Path) -> Iterator[str]:
    """Make the bucket that the backend's `settings` name and set what is not set; yields what was done.

    Without such a file, one is written, with the bucket's default name. What is there already stays.
    Raises UserError where the bucket is another account's or in another region.
    """
    named, region = _named(settings)
    if region and region != account.region:
        raise UserError(
            f"expected region = {account.region!r}, that of your credentials, got {region!r} ({settings}); set "
            f"AWS_REGION={region}"
        )
    bucket = named or name(account)
    yield from _make(s3, account, bucket)
    yield from _protect(s3, account, bucket)
    if not settings.exists():
        settings.write_text(_settings(bucket, environment, account.region))
        yield f"wrote {settings}"


def _make(s3: Any, account: AwsAccount, bucket: str) -> Iterator[str]:
    try:
        found = s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account.id)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:
            s3.create_bucket(Bucket=bucket, **_location(account.region))
            yield f"made the bucket {bucket}"
            return
        if status == 301:
            raise UserError(f"expected a bucket in {account.region}, got one in another region ({bucket})") from None
        raise UserError(
            f"expected a bucket of account {account.id}, got one of another account, or one that you may not read "
            f"({bucket}): {error}; name another in the backend's settings, or allow s3:ListBucket"
        ) from None
    if (region := found.get("BucketRegion", account.region)) != account.region:
        raise UserError(
            f"expected a bucket in {account.region}, got one in {region} ({bucket}); set AWS_REGION={region}"
        )
    yield f"found the bucket {bucket}"


def _protect(s3: Any, account: AwsAccount, bucket: str) -> Iterator[str]:
    """Each of these calls sets what is set already to the same value again."""
    which = {"Bucket": bucket, "ExpectedBucketOwner": account.id}
    s3.put_public_access_block(
        **which,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    s3.put_bucket_versioning(**which, VersioningConfiguration={"Status": "Enabled"})
    if not _encrypted(s3, which):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(**which, ServerSideEncryptionConfiguration={"Rules": [rule]})
    policy = _policy(s3, which)
    statements = [statement for statement in policy["Statement"] if statement.get("Sid") != SID]
    policy["Statement"] = [*statements, _tls_only(account.partition, bucket)]
    s3.put_bucket_policy(**which, Policy=json.dumps(policy))
    yield "set: versions are kept, objects are encrypted, public access is blocked, only TLS is accepted"


def _encrypted(s3: Any, which: dict[str, str]) -> bool:
    """Whether an encryption is set: it may be a key of the owner's, which stays."""
    return bool(_or_none("ServerSideEncryptionConfigurationNotFoundError", s3.get_bucket_encryption, which))


def _policy(s3: Any, which: dict[str, str]) -> dict[str, Any]:
    """The bucket's policy, whose other statements stay; an empty one where it has none."""
    found = _or_none("NoSuchBucketPolicy", s3.get_bucket_policy, which)
    policy: dict[str, Any] = json.loads(found["Policy"]) if found else {"Version": "2012-10-17", "Statement": []}
    return policy


def _or_none(code: str, call: Any, which: dict[str, str]) -> Any:
    try:
        return call(**which)
    except ClientError as error:
        if error.response["Error"]["Code"] == code:
            return None
        raise


def _tls_only(partition: str, bucket: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{bucket}"
    return {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _location(region: str) -> dict[str, Any]:
    """us-east-1 is the one location that S3 refuses by name."""
    return {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _named(settings: Path) -> tuple[str, str]:
    """Bucket and region that a file of settings names, empty where there is none. Raises UserError without a bucket."""
    if not settings.exists():
        return "", ""
    found = dict(re.findall(r'^\s*(bucket|region)\s*=\s*"([^"]+)"', settings.read_text(), re.MULTILINE))
    if "bucket" not in found:
        raise UserError(f'expected bucket = "…", got none ({settings}); write it there, or remove the file')
    return found["bucket"], found.get("region", "")


def _settings(bucket: str, environment: str, region: str) -> str:
    return (
        f'bucket       = "{bucket}"\n'
        f'key          = "millrace/{environment}.tfstate"\n'
        f'region       = "{region}"\n'
        "encrypt      = true\n"
        "use_lockfile = true\n"
    )
