"""Who calls. None: the account's administrator, and LocalStack itself, who may do everything.

Keys that STS gave out are a role's session: a function has the keys of its role, and so has who assumed one. All other
keys (test, an account's number) are the administrator's; IAM users have no keys of their own here.
"""

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from millrace_localstack.plugin.iam import stores
from millrace_localstack.plugin.iam.policy import Principal

OF_SESSIONS = ("ASIA", "LSIA")  # how the keys begin that STS gives out, on AWS and here
TOPIC_COLONS = 5  # a subscription's ARN is its topic's, and an id


def of_request(context: Any) -> Principal | None:
    """The caller of a parsed request. Raises AWS's error for a session's key that was not given out."""
    internal = context.internal_request_params
    key = extract_access_key_id_from_auth_header(context.request.headers) or _presigned(context) or ""
    found = stores.session_of(key, context.account_id)
    if found is None and key.startswith(OF_SESSIONS):
        message = "The security token included in the request is invalid."
        raise CommonServiceException("InvalidClientTokenId", message, 403, sender_fault=True)
    if found is not None and ":assumed-role/" in found.arn:
        # What LocalStack does with a role, it does for a service: only the function's own code is the function.
        return session(found.arn, None if internal is not None else context.region)
    if internal and internal.get("service_principal"):
        return service(str(internal["service_principal"]), internal.get("source_arn"), context.account_id)
    return None


def session(arn: str, function_region: str | None = None) -> Principal:
    """Of the ARN of a role's session. A function's session has the function's name."""
    _, _, _, _, account, resource = arn.split(":", 5)
    _, role_name, name = resource.split("/", 2)
    found = stores.role(f"arn:aws:iam::{account}:role/{role_name}")
    role = found.role["Arn"] if found else f"arn:aws:iam::{account}:role/{role_name}"
    function = None
    if function_region and stores.function_role(account, function_region, name) == role:
        function = f"arn:aws:lambda:{function_region}:{account}:function:{name}"
    return Principal(arn, account, role=role, function=function)


def poller(role_arn: str, mapping: str) -> Principal:
    """Lambda, with a function's role, for an event source mapping."""
    _, _, _, _, account, resource = role_arn.split(":", 5)
    return Principal(
        f"arn:aws:sts::{account}:assumed-role/{resource.rsplit('/', 1)[-1]}/{mapping}", account, role=role_arn
    )


def service(name: str, source_arn: str | None, account: str) -> Principal:
    source = source_arn
    if source and name == "sns" and source.count(":") > TOPIC_COLONS:
        source = source.rsplit(":", 1)[0]
    owner = source.split(":")[4] if source and source.split(":")[4] else account
    return Principal(f"{name}.amazonaws.com", owner, source_arn=source)


def _presigned(context: Any) -> str | None:
    given = context.request.args.get("X-Amz-Credential")
    return str(given).split("/", 1)[0] if given else None
