"""Each request's permissions, decided once for as long as nothing changes.

A decision depends on the state of IAM and of resources, which any operation may change that is not known to leave it as
it is. Such a change makes all decisions void, so that a policy counts from the next call on.
"""

import logging
import threading
from typing import Any, NamedTuple

from localstack.aws.api import CommonServiceException

from millrace_localstack.plugin.iam import caller as callers
from millrace_localstack.plugin.iam import calls, keys, stores
from millrace_localstack.plugin.iam.calls import ServiceCall
from millrace_localstack.plugin.iam.decision import Policies, refused
from millrace_localstack.plugin.iam.policy import Permission, Principal, policy
from millrace_localstack.plugin.iam.refusal import Refusal, refusal

LOG = logging.getLogger(__name__)

MOST_DECISIONS = 10_000
# Operations that change no policy, role or key. Names of reads begin so; the others are the writes of data.
READS = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Receive", "Select")
WRITES_OF_DATA = frozenset(
    {
        "AssumeRole", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "CompleteMultipartUpload",
        "CreateLogStream", "CreateMultipartUpload", "DeleteMessage", "DeleteMessageBatch", "Invoke", "Publish",
        "PublishBatch", "PutEvents", "PutLogEvents", "PutMetricData", "PutRecord", "PutRecords", "SendMessage",
        "SendMessageBatch", "SetAlarmState", "StartExecution", "StopExecution", "UploadPart",
    }
)  # fmt: skip


class Decided(NamedTuple):
    """`by`: the ARN of a role, or a service. `refused`: why; None for what was allowed."""

    by: str
    action: str
    resource: str
    refused: str | None


class Decisions:
    """Reasons for refusals, None for what is allowed, by caller and permission."""

    def __init__(self) -> None:
        self._known: dict[tuple[Principal, Permission], str | None] = {}
        self._record: dict[Decided, None] = {}
        self._lock = threading.Lock()

    def reason(self, caller: Principal, wanted: Permission) -> str | None:
        known = self._known  # the one that is void once something changed
        key = (caller, wanted)
        if key in known:
            return known[key]
        reason = refused(caller, wanted, _policies(caller, wanted))
        self._keep(Decided(caller.role or caller.arn, wanted.action, _without_name(wanted.resource), reason))
        if len(known) >= MOST_DECISIONS:
            self.forget()
        known[key] = reason
        return reason

    def forget(self) -> None:
        self._known = {}

    def record(self) -> list[Decided]:
        """All that was decided since the start, once each, in the order of the first time."""
        with self._lock:
            return list(self._record)

    def _keep(self, entry: Decided) -> None:
        with self._lock:
            self._record[entry] = None


def _without_name(resource: str) -> str:
    """Objects without the last part of their key, which is each one's own."""
    return resource.rsplit("/", 1)[0] + "/*" if resource.startswith("arn:aws:s3:::") and "/" in resource else resource


DECISIONS = Decisions()


def check_request(context: Any) -> None:
    """Raises the service's own error where the caller lacks a permission. The request has been parsed."""
    if not context.operation:
        return
    service = context.service.service_name.removesuffix("-query")
    call = ServiceCall(
        service, context.operation.name, context.service_request or {}, context.account_id, context.region
    )
    caller = callers.of_request(context)
    found = first_refusal(caller, call) if caller else None
    found = found or _refusal_of_log_key(call)
    if found:
        raise CommonServiceException(found.code, found.message, found.status, sender_fault=True)


def _refusal_of_log_key(call: ServiceCall) -> Refusal | None:
    """CloudWatch Logs takes a key for a group only where it may use it, whoever the caller is."""
    key, group = call.request.get("kmsKeyId"), call.request.get("logGroupName")
    if call.service != "logs" or call.operation not in ("CreateLogGroup", "AssociateKmsKey") or not (key and group):
        return None
    logs, arn = Principal(f"logs.{call.region}.amazonaws.com", call.account), call.arn("logs", f"log-group:{group}")
    given = (("kms:encryptioncontext:aws:logs:arn", arn),)
    for action in (keys.ENCRYPT, keys.DECRYPT):
        if found := _refusal(logs, call, Permission(action, str(key), given)):
            of_logs = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
            return Refusal("AccessDeniedException", 400, f"{of_logs} ({found.message})")
    return None


def first_refusal(caller: Principal, call: ServiceCall) -> Refusal | None:
    wanted = calls.permissions(call)
    for permission in wanted:
        if found := _refusal(caller, call, permission):
            return found
    for permission in keys.permissions(call, wanted[0].resource) if wanted else ():
        if found := _refusal(caller, call, permission):
            return found
    return _missing_object(caller, call)


def _refusal(caller: Principal, call: ServiceCall, permission: Permission) -> Refusal | None:
    reason = DECISIONS.reason(caller, permission)
    if reason is None:
        return None
    found = refusal(call.service, caller, permission, reason)
    LOG.warning("%s: %s", found.code, found.message)
    return found


def _missing_object(caller: Principal, call: ServiceCall) -> Refusal | None:
    """S3 says of an object that it does not exist only to who may list the bucket, to others 403."""
    if call.service != "s3" or call.operation not in ("GetObject", "HeadObject"):
        return None
    bucket, key, version = call.request["Bucket"], call.request["Key"], call.request.get("VersionId")
    if stores.stored_object(bucket, key, version) is not None:
        return None
    return _refusal(caller, call, Permission("s3:ListBucket", f"arn:aws:s3:::{bucket}"))


def changed(context: Any) -> None:
    """To be called when a request has been answered."""
    name = context.operation.name if context.operation else ""
    if (
        name.startswith(READS)
        or name in WRITES_OF_DATA
        or (name.endswith("Object") and context.service.service_name == "s3")
    ):
        return
    DECISIONS.forget()


def _policies(caller: Principal, wanted: Permission) -> Policies:
    document = stores.resource_policy(wanted.resource)
    limit = stores.boundary(caller.role) if caller.role else None
    return Policies(
        identity=tuple(policy(one) for one in stores.identity_policies(caller.role)) if caller.role else (),
        limits=(("permissions boundary", policy(limit)),) if limit else (),
        resource=policy(document) if document else None,
        owner=stores.owner(wanted.resource),
        own_policy_decides=wanted.action.startswith(("kms:", "sts:AssumeRole")),
    )
