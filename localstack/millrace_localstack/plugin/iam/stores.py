"""What LocalStack keeps of policies, roles and keys.

Policies are documents, JSON. An unknown resource has none: the operation itself reports that it does not exist.
"""

import dataclasses
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from localstack.services.iam import provider
from localstack.services.iam.models import iam_stores
from localstack.services.kms.models import kms_stores
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.s3.models import s3_stores
from localstack.services.sns.models import sns_stores
from localstack.services.sqs.models import sqs_stores
from localstack.services.sts.models import sts_stores

GLOBAL = "us-east-1"  # where stores that have no region are


def session_of(access_key: str, account: str) -> Any:
    """The session (arn, account_id) that an access key was given out for; None if it was not."""
    return sts_stores[account][GLOBAL].credentials.get(access_key)


def role(arn: str) -> Any:
    """LocalStack's role of an ARN, whatever its path; None if there is none."""
    parts = _parts(arn)
    return iam_stores[parts[4]][GLOBAL].ROLES.get(parts[5].rsplit("/", 1)[-1])


def function_role(account: str, region: str, name: str) -> str | None:
    """The role of a function's newest version; None if there is no such function."""
    function = lambda_stores[account][region].functions.get(name)
    return str(function.latest().config.role) if function else None


def identity_policies(role_arn: str) -> list[str]:
    found = role(role_arn)
    if found is None:
        return []
    account = _parts(role_arn)[4]
    return [
        *(_document(one) for one in found.inline_policies.values()),
        *(managed_policy(account, arn) for arn in found.attached_policy_arns),
    ]


def boundary(role_arn: str) -> str | None:
    """The document of a role's permissions boundary."""
    found = role(role_arn)
    attached = found.role.get("PermissionsBoundary") if found else None
    return managed_policy(_parts(role_arn)[4], attached["PermissionsBoundaryArn"]) if attached else None


def managed_policy(account: str, arn: str) -> str:
    found = iam_stores[account][GLOBAL].MANAGED_POLICIES.get(arn)
    if found is None:
        return _aws_managed_policy(arn)
    return _document(found.versions[found.policy["DefaultVersionId"]]["Document"])


def _aws_managed_policy(arn: str) -> str:
    return json.dumps(_aws_managed_policies()[arn.rsplit("/", 1)[-1]]["Document"])


@cache
def _aws_managed_policies() -> dict[str, Any]:
    """By name, which is unique among them."""
    return dict(json.loads((Path(provider.__file__).parent / "resources" / "aws_managed_policies.json").read_text()))


def _document(written: Any) -> str:
    """IAM keeps some documents as their URLs' encoding."""
    text = written if isinstance(written, str) else json.dumps(written)
    return text if text.lstrip().startswith("{") else unquote(text)


def resource_policy(arn: str) -> str | None:
    """The policy on a resource itself; a role's is its trust."""
    of_service = {
        "iam": _of_role,
        "kinesis": _of_stream,
        "kms": _of_key,
        "lambda": _of_function,
        "s3": _of_bucket,
        "sns": _of_topic,
        "sqs": _of_queue,
    }.get(_parts(arn)[2])
    return of_service(arn) if of_service else None


def owner(arn: str) -> str:
    """The account of a resource; "" where that is not known."""
    if arn.startswith("arn:aws:s3:::"):
        found = _bucket(arn)
        return str(found.bucket_account_id) if found else ""
    return _parts(arn)[4]


def _of_role(arn: str) -> str | None:
    found = role(arn)
    return _document(found.role["AssumeRolePolicyDocument"]) if found else None


def _of_stream(arn: str) -> str | None:
    from millrace_localstack.plugin.kinesis import account

    of_account, _ = account.of_arn(arn)
    return of_account.policies.get(arn)


def _of_key(arn: str) -> str | None:
    found = _key(arn)
    return found.policy if found else None


def _of_function(arn: str) -> str | None:
    _, _, _, region, account, _, name, *qualifier = arn.split(":")
    function = lambda_stores[account][region].functions.get(name)
    found = function.permissions.get(qualifier[0] if qualifier else "$LATEST") if function else None
    return json.dumps(dataclasses.asdict(found.policy)) if found else None


def _of_bucket(arn: str) -> str | None:
    found = _bucket(arn)
    return found.policy if found else None


def _of_topic(arn: str) -> str | None:
    _, _, _, region, account, _ = _parts(arn)
    topic = sns_stores[account][region].topics.get(arn)
    return topic["attributes"].get("Policy") if topic else None


def _of_queue(arn: str) -> str | None:
    found = _queue(arn)
    return found.attributes.get("Policy") if found else None


# Keys


def key_of(arn: str) -> str | None:
    """The ARN of the key of a stream, topic or queue."""
    _, _, service, region, account, _ = _parts(arn)
    name = {"kinesis": _key_of_stream, "sns": _key_of_topic, "sqs": _key_of_queue}[service](arn)
    return key_arn(name, account, region) if name else None


def key_of_new_object(bucket: str, request: dict[str, Any]) -> str | None:
    """The key that an object is written with: the request's, else the bucket's."""
    found = _bucket(f"arn:aws:s3:::{bucket}")
    name = request.get("SSEKMSKeyId")
    if found is None:
        return None
    if name is None and request.get("ServerSideEncryption") is None:
        default = (found.encryption_rule or {}).get("ApplyServerSideEncryptionByDefault") or {}
        name = default.get("KMSMasterKeyID")
    return key_arn(name, found.bucket_account_id, found.bucket_region) if name else None


def key_of_object(bucket: str, key: str, version: str | None) -> str | None:
    found = _bucket(f"arn:aws:s3:::{bucket}")
    stored = stored_object(bucket, key, version)
    name = getattr(stored, "kms_key_id", None)
    return key_arn(name, found.bucket_account_id, found.bucket_region) if name else None


def stored_object(bucket: str, key: str, version: str | None) -> Any:
    found = _bucket(f"arn:aws:s3:::{bucket}")
    if found is None:
        return None
    return found.objects.get(key, version) if version and found.versioning_status else found.objects.get(key)


def key_arn(name: str, account: str, region: str) -> str | None:
    """Of a key's id, ARN or alias; None for AWS's own keys and those that do not exist."""
    if ":key/" in name:
        found = _key(name)
    elif "alias/" in name:
        alias = kms_stores[account][region].aliases.get("alias/" + name.split("alias/", 1)[1])
        found = kms_stores[account][region].keys.get(alias.metadata["TargetKeyId"]) if alias else None
    else:
        found = kms_stores[account][region].keys.get(name)
    return str(found.metadata["Arn"]) if found and found.metadata.get("KeyManager") != "AWS" else None


def _key(arn: str) -> Any:
    _, _, _, region, account, resource = _parts(arn)
    return kms_stores[account][region].keys.get(resource.partition("/")[2])


def _key_of_stream(arn: str) -> str | None:
    from millrace_localstack.plugin.kinesis import account
    from millrace_localstack.plugin.kinesis.errors import KinesisError

    try:
        return account.stream_of_arn(arn).key_id
    except KinesisError:
        return None


def _key_of_topic(arn: str) -> str | None:
    _, _, _, region, account, _ = _parts(arn)
    topic = sns_stores[account][region].topics.get(arn)
    return topic["attributes"].get("KmsMasterKeyId") if topic else None


def _key_of_queue(arn: str) -> str | None:
    found = _queue(arn)
    return found.attributes.get("KmsMasterKeyId") if found else None


def _queue(arn: str) -> Any:
    _, _, _, region, account, name = _parts(arn)
    return sqs_stores[account][region].queues.get(name)


def _bucket(arn: str) -> Any:
    name = arn.removeprefix("arn:aws:s3:::").split("/", 1)[0]
    account = s3_stores["000000000000"][GLOBAL].global_bucket_map.get(name)
    return s3_stores[account][GLOBAL].buckets.get(name) if account else None


def _parts(arn: str) -> list[str]:
    return arn.split(":", 5) if arn.count(":") >= 5 else ["", "", "", "", "", arn]
