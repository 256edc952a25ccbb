"""`destroy` where buckets hold data: refused by `millrace`; by plain Terraform, stopped, and restored by an apply."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millrace import stack as stacks
from millrace.deployment import aws
from millrace.deployment.local import LocalPlace
from millrace.deployment.terraform import Terraform
from millrace.errors import UserError
from millrace.model.publish import publish
from millrace.model.signing import public_keys
from millrace.stack import Stack
from millrace_localstack.launcher import LocalStack
from model_store.artifact import Artifact

ROOT = Path(__file__).parent / "protected"
NAME = "protected"

# What a bucket has in addition to its objects, and the code of S3's answer where it is not there.
SETTINGS = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
}


@pytest.fixture
def protected(localstack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terraform]:
    """The root, initialised, and the environment as a user has it who deploys there."""
    for name, value in localstack.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(aws, "MODULE", ROOT)
    stacks._session.cache_clear()
    place = LocalPlace(localstack.environment(), localstack)
    place.make_state_bucket()
    settings = tmp_path / "s3.tfbackend"
    settings.write_text("".join(f'{name} = "{value}"\n' for name, value in place.backend(NAME).items()))
    terraform = Terraform(NAME, {}, {}, ROOT)
    terraform.init(settings)
    yield terraform
    stacks._session.cache_clear()


def applied(terraform: Terraform, **arguments: str) -> Stack:
    Terraform(NAME, {}, arguments, ROOT).apply(lambda progress: None)
    return Stack(NAME, {}, terraform.outputs())


@pytest.mark.long(only=True)
def test_what_a_destroy_leaves_is_readable_again_after_an_apply(
    protected: Terraform, artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "s3.tfbackend"
    stack = applied(protected)
    publish(stack.model_store(), artifact)
    s3, kms = stack.client("s3"), stack.client("kms")
    bucket, key = stack.outputs["model_store"]["bucket"], stack.outputs["key_arn"]
    signing_key = stack.outputs["model_store"]["signing_key_arn"]

    with pytest.raises(UserError) as raised:
        aws.destroy(NAME, settings, confirmed=True)
    assert f"{bucket} (model_store): " in str(raised.value)
    assert stack.outputs["failure_store"]["bucket"] not in str(raised.value), "it is empty"
    assert set(_settings(s3, bucket)) == set(SETTINGS), "nothing was changed"

    with pytest.raises(UserError, match="BucketNotEmpty"):
        protected.destroy(lambda progress: None)
    assert _settings(s3, bucket) == [], "docs/aws.md names what is gone by then"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    for arn in (key, signing_key):
        assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled"

    restored = applied(protected)

    assert set(_settings(s3, bucket)) == set(SETTINGS)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert restored.outputs["key_arn"] == key
    served = restored.model_store().release()
    assert served is not None
    loaded = restored.model_store().artifact(served.release.champion)
    keys = public_keys(restored.outputs)
    assert keys is not None
    assert loaded.signature is not None
    assert keys.signer(loaded.manifest.to_bytes(), loaded.signature), "what was signed is trusted"

    applied(protected, force_destroy="true")
    monkeypatch.setattr(Terraform, "_inputs", lambda self: ["-var=force_destroy=true"])
    assert aws.destroy(NAME, settings, confirmed=True) == 0
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=bucket)
    for arn in (key, signing_key):
        assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def _settings(s3: Any, bucket: str) -> list[str]:
    """Which of SETTINGS the bucket has."""
    return [name for name, code in SETTINGS.items() if _has(getattr(s3, name), bucket, code)]


def _has(get: Callable[..., Any], bucket: str, code: str) -> bool:
    try:
        get(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return False
    return True
