"""`millrace bootstrap`: the bucket for Terraform's state."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millrace.deployment.aws import AwsAccount
from millrace.deployment.state_bucket import bootstrap, name
from millrace.errors import UserError

ACCOUNT = AwsAccount("123456789012", "aws", "eu-central-1")
BUCKET = "millrace-state-123456789012-eu-central-1"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return tmp_path / "dev.s3.tfbackend"


def run(s3: Any, settings: Path, account: AwsAccount = ACCOUNT) -> list[str]:
    return list(bootstrap(account, s3, "dev", settings))


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_the_bucket_is_private_versioned_encrypted_and_named(
    aws: Callable[..., Any], settings: Path, region: str
) -> None:
    s3 = aws("s3", region_name=region)
    bucket = f"millrace-state-123456789012-{region}"

    done = run(s3, settings, ACCOUNT._replace(region=region))

    assert done[0] == f"made the bucket {bucket}"
    assert (s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1") == region
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert settings.read_text() == (
        f'bucket       = "{bucket}"\nkey          = "millrace/dev.tfstate"\nregion       = "{region}"\n'
        "encrypt      = true\nuse_lockfile = true\n"
    )


def test_again_it_changes_nothing(s3: Any, settings: Path) -> None:
    run(s3, settings)
    written, policy = settings.read_bytes(), s3.get_bucket_policy(Bucket=BUCKET)["Policy"]

    assert run(s3, settings)[0] == f"found the bucket {BUCKET}"
    assert (settings.read_bytes(), s3.get_bucket_policy(Bucket=BUCKET)["Policy"]) == (written, policy)


def test_what_the_owner_has_set_stays(s3: Any, settings: Path) -> None:
    settings.write_text('bucket = "models"\nregion = "eu-central-1"\n')
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/mine"}}
    s3.put_bucket_encryption(Bucket="models", ServerSideEncryptionConfiguration={"Rules": [rule]})
    mine = {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}
    s3.put_bucket_policy(Bucket="models", Policy=json.dumps({"Version": "2012-10-17", "Statement": [mine]}))

    run(s3, settings)

    statements = json.loads(s3.get_bucket_policy(Bucket="models")["Policy"])["Statement"]
    assert [statement["Sid"] for statement in statements] == ["Mine", "TlsOnly"]
    found = s3.get_bucket_encryption(Bucket="models")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert found["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert settings.read_text() == 'bucket = "models"\nregion = "eu-central-1"\n'
    assert BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


class Refusing:
    """S3 where another account has the bucket: every call with the expected owner is refused."""

    def __init__(self, status: int) -> None:
        self._status = status

    def head_bucket(self, **which: str) -> None:
        assert which == {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT.id}
        answer = {"Error": {"Code": str(self._status), "Message": "no"}}
        raise ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": self._status}}, "HeadBucket")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "expected a bucket of account 123456789012, got one of another account"), (301, "in another region")],
)
def test_another_accounts_bucket_is_refused(settings: Path, status: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        run(Refusing(status), settings)
    assert not settings.exists()


def test_settings_without_a_bucket_or_of_another_region_are_refused(s3: Any, settings: Path) -> None:
    settings.write_text('key = "x"\n')
    with pytest.raises(UserError, match="expected bucket = "):
        run(s3, settings)
    settings.write_text('bucket = "models"\nregion = "us-west-2"\n')
    with pytest.raises(UserError, match="set AWS_REGION=us-west-2"):
        run(s3, settings)


def test_the_longest_name_fits_in_63() -> None:
    assert len(name(AwsAccount("123456789012", "aws", "ap-southeast-1"))) <= 63
