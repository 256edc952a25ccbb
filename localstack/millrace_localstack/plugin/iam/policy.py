"""A policy document: its statements, and what they say of one permission."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from millrace_localstack.plugin.iam.conditions import Condition, Context, NotEvaluated, as_list, holds, matches


@dataclass(frozen=True)
class Principal:
    """Who calls. `arn` is a session's, or a service's name, as errors show it."""

    arn: str
    account: str
    role: str | None = None  # ARN; None for a service
    function: str | None = None  # ARN, where a function's own code calls
    source_arn: str | None = None  # what a service calls for

    @property
    def service(self) -> str | None:
        return self.arn if self.role is None else None

    @property
    def principals(self) -> tuple[str, ...]:
        """The ARNs by which a policy can name it, without the account's."""
        return (self.arn,) if self.role is None else (self.arn, self.role)


@dataclass(frozen=True)
class Permission:
    """What a call takes: an action on a resource. `context`: further condition keys, sorted."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


class Statement:
    """One statement. Without a principal it is part of an identity's policy."""

    def __init__(self, written: dict[str, Any]) -> None:
        self.allows = written["Effect"] == "Allow"
        self._actions = [action.lower() for action in as_list(written.get("Action", []))]
        self._other_actions = [action.lower() for action in as_list(written.get("NotAction", []))]
        self._resources = as_list(written.get("Resource", []))
        self._other_resources = as_list(written.get("NotResource", []))
        self._condition: Condition = written.get("Condition") or {}
        self._has_variables = "${" in json.dumps(written)
        self._principals = _principals(written.get("Principal"))
        self._other_principals = _principals(written.get("NotPrincipal"))

    def applies(self, wanted: Permission, context: Context) -> bool:
        """Whether it is about this permission, whoever calls. Raises NotEvaluated."""
        if not self._is_of_action(wanted.action.lower()):
            return False
        if self._has_variables:
            raise NotEvaluated("the local stack does not evaluate policy variables, ${...}")
        return self._is_of(wanted.resource) and holds(self._condition, context)

    def names(self, caller: Principal) -> bool:
        """Whether the caller itself is one of the principals."""
        if self._other_principals:
            return not _named(self._other_principals, caller) and not _account_named(self._other_principals, caller)
        return _named(self._principals, caller)

    def names_account(self, caller: Principal) -> bool:
        """Whether the caller's account is, which leaves it to the account's own policies."""
        return caller.role is not None and _account_named(self._principals, caller)

    def _is_of_action(self, action: str) -> bool:
        if self._other_actions:
            return not _any_matches(self._other_actions, action)
        return _any_matches(self._actions, action)

    def _is_of(self, resource: str) -> bool:
        if self._other_resources:
            return not _any_matches(self._other_resources, resource)
        # A role's trust policy has no resource: it is about the role.
        return not self._resources or _any_matches(self._resources, resource)


class Policy:
    def __init__(self, document: str) -> None:
        statements = json.loads(document).get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        self.statements = tuple(Statement(one) for one in statements)

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)


@lru_cache(maxsize=1024)
def policy(document: str) -> Policy:
    """Parsed once for each text. A policy that LocalStack took is JSON; others raise ValueError."""
    return Policy(document)


def _principals(written: Any) -> frozenset[tuple[str, str]]:
    """Pairs of kind (AWS, Service, ...) and name."""
    if written is None:
        return frozenset()
    if isinstance(written, str):
        return frozenset({("AWS", written)})
    return frozenset((kind, name) for kind, names in written.items() for name in as_list(names))


def _named(principals: Iterable[tuple[str, str]], caller: Principal) -> bool:
    return any(
        name == "*" if kind == "AWS" and name == "*" else (name in caller.principals and kind == _kind(caller))
        for kind, name in principals
    )


def _kind(caller: Principal) -> str:
    return "Service" if caller.service else "AWS"


def _account_named(principals: Iterable[tuple[str, str]], caller: Principal) -> bool:
    return any(
        kind == "AWS" and (name == caller.account or name.endswith(f":iam::{caller.account}:root"))
        for kind, name in principals
    )


def _any_matches(patterns: Iterable[str], text: str) -> bool:
    return any(matches(pattern, text) for pattern in patterns)
