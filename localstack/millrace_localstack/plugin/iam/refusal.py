"""AWS's errors for a call without a permission: each service has its own codes."""

from dataclasses import dataclass

from millrace_localstack.plugin.iam.policy import Permission, Principal


@dataclass(frozen=True)
class Refusal:
    code: str
    status: int
    message: str


# Code and status: of the service, and of its key. Others: AccessDeniedException, 400.
CODES = {
    "events": ("AccessDeniedException", 400),
    "iam": ("AccessDenied", 403),
    "lambda": ("AccessDeniedException", 403),
    "s3": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
}
KEY_CODES = {
    "kinesis": ("KMSAccessDeniedException", 400),
    "s3": ("AccessDenied", 403),
    "sns": ("KMSAccessDenied", 400),
    "sqs": ("KMS.AccessDeniedException", 400),
}
OTHERS = ("AccessDeniedException", 400)


def refusal(service: str, caller: Principal, wanted: Permission, reason: str) -> Refusal:
    """`service`: the one that was called; with a permission for a key it passes on what KMS answered."""
    codes = KEY_CODES if wanted.action.startswith("kms:") and service != "kms" else CODES
    code, status = codes.get(service, OTHERS)
    who = f"User: {caller.arn}" if caller.role else f"Service: {caller.arn}"
    message = f"{who} is not authorized to perform: {wanted.action} on resource: {wanted.resource} {reason}"
    return Refusal(code, status, message)
