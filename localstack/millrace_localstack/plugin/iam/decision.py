"""Whether a caller has a permission.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
An explicit deny wins. Within an account one policy that allows is enough, the identity's or the resource's; between
accounts both must. A key and a role's trust must allow by their own policy, which can leave it to the account's. A
boundary only limits.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from millrace_localstack.plugin.iam.conditions import Context, NotEvaluated
from millrace_localstack.plugin.iam.policy import Permission, Policy, Principal, Statement


@dataclass(frozen=True)
class Policies:
    """What is attached to the caller and to the resource."""

    identity: tuple[Policy, ...] = ()
    limits: tuple[tuple[str, Policy], ...] = ()  # permissions boundary, session policy: by what errors call them
    resource: Policy | None = None
    owner: str = ""  # the account of the resource
    own_policy_decides: bool = False  # a key, or a role's trust


def refused(caller: Principal, wanted: Permission, policies: Policies) -> str | None:
    """Why the caller may not, in AWS's words after `resource: ...`; None if it may."""
    try:
        return _refused(caller, wanted, policies)
    except NotEvaluated as error:
        return f"because {error}"


def _refused(caller: Principal, wanted: Permission, policies: Policies) -> str | None:
    about = _About(caller, wanted, _context(caller, wanted, policies.owner))
    on_identity = list(about.statements(policies.identity))
    on_resource = list(about.statements([policies.resource] if policies.resource else []))
    limits = [(name, list(about.statements([limit]))) for name, limit in policies.limits]

    for kind, statements in (("identity-based policy", on_identity), *limits):
        if any(not one.allows for one in statements):
            return f"with an explicit deny in {_a(kind)}"
    if any(not one.allows and (one.names(caller) or one.names_account(caller)) for one in on_resource):
        return "with an explicit deny in a resource-based policy"

    by_identity = any(one.allows for one in on_identity)
    by_resource = any(one.allows and one.names(caller) for one in on_resource)
    by_account = any(one.allows and one.names_account(caller) for one in on_resource)
    for name, statements in limits:
        if not any(one.allows for one in statements):
            return f"because no {name} allows the {wanted.action} action"
    return _missing(caller, wanted, policies, by_identity, by_resource, by_account)


def _missing(
    caller: Principal, wanted: Permission, policies: Policies, by_identity: bool, by_resource: bool, by_account: bool
) -> str | None:
    no_resource = f"because no resource-based policy allows the {wanted.action} action"
    no_identity = f"because no identity-based policy allows the {wanted.action} action"
    if caller.service:
        return None if by_resource else no_resource
    same_account = not policies.owner or policies.owner == caller.account
    if policies.own_policy_decides or not same_account:
        if by_resource and same_account:
            return None
        if not (by_resource or by_account):
            return no_resource
        return None if by_identity else no_identity
    return None if by_identity or by_resource else no_identity


@dataclass(frozen=True)
class _About:
    caller: Principal
    wanted: Permission
    context: Context

    def statements(self, policies: Iterable[Policy]) -> Iterable[Statement]:
        return (one for policy in policies for one in policy if one.applies(self.wanted, self.context))


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _context(caller: Principal, wanted: Permission, owner: str) -> dict[str, str]:
    """The condition keys that every request has; names in lower case."""
    found = {
        # There is no TLS on the local stack: a condition that requires it on AWS is met.
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true" if caller.service else "false",
        "aws:viaawsservice": "false",
    }
    if owner:
        found["aws:resourceaccount"] = owner
    if owner and wanted.action.startswith("s3:"):
        found["s3:resourceaccount"] = owner
    if caller.role:
        found |= {"aws:principalarn": caller.role, "aws:principalaccount": caller.account}
    if caller.function:
        found["lambda:sourcefunctionarn"] = caller.function
    if caller.service:
        found["aws:principalservicename"] = caller.service
        found |= {"aws:sourceaccount": caller.account, "aws:sourceowner": caller.account}
    if caller.service and caller.source_arn:
        found["aws:sourcearn"] = caller.source_arn
    if wanted.action.startswith("kms:"):
        found["kms:calleraccount"] = caller.account
    return found | {name.lower(): value for name, value in wanted.context}
