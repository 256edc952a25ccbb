"""The conditions of a statement: operators on the keys of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

Context = Mapping[str, str]  # condition keys of a request, in lower case
Condition = Mapping[str, Mapping[str, Any]]

IF_EXISTS = "IfExists"


class NotEvaluated(Exception):
    """A policy has what is not evaluated here: it allows nothing, and the refusal says so."""


def holds(condition: Condition, context: Context) -> bool:
    """Whether all of a statement's conditions hold. Raises NotEvaluated."""
    return all(
        _one_holds(operator, key.lower(), as_list(expected), context)
        for operator, keys in condition.items()
        for key, expected in keys.items()
    )


def as_list(value: Any) -> list[str]:
    """Policies may have one value where they may have many; numbers and booleans are texts."""
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def matches(pattern: str, text: str) -> bool:
    """`*` is any text, `?` any character."""
    return bool(_compiled(pattern).fullmatch(text))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL)


def arn_matches(pattern: str, arn: str) -> bool:
    """Part by part: a wildcard does not reach over the colons of the first five parts."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(matches, patterns, parts))


def _one_holds(operator: str, key: str, expected: list[str], context: Context) -> bool:
    if operator == "Null":
        return all((key not in context) == (one.lower() == "true") for one in expected)
    name = operator.removesuffix(IF_EXISTS)
    found = _operator(name, operator)
    actual = context.get(key)
    if actual is None:
        # A negated operator holds where its key is absent.
        return operator.endswith(IF_EXISTS) or name in NEGATED
    return found(actual, expected)


Operator = Callable[[str, Iterable[str]], bool]


def _any(test: Callable[[str, str], bool]) -> Operator:
    """Holds where one of the expected values fits."""
    return lambda actual, expected: any(test(one, actual) for one in expected)


def _none(test: Callable[[str, str], bool]) -> Operator:
    return lambda actual, expected: not any(test(one, actual) for one in expected)


def _equal(expected: str, actual: str) -> bool:
    return expected == actual


def _equal_ignoring_case(expected: str, actual: str) -> bool:
    return expected.lower() == actual.lower()


def _number(test: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compare(expected: str, actual: str) -> bool:
        try:
            return test(float(actual), float(expected))
        except ValueError:
            return False

    return compare


POSITIVE: dict[str, Operator] = {
    "ArnEquals": _any(arn_matches),
    "ArnLike": _any(arn_matches),
    "Bool": _any(_equal_ignoring_case),
    "NumericEquals": _any(_number(lambda actual, expected: actual == expected)),
    "NumericGreaterThan": _any(_number(lambda actual, expected: actual > expected)),
    "NumericGreaterThanEquals": _any(_number(lambda actual, expected: actual >= expected)),
    "NumericLessThan": _any(_number(lambda actual, expected: actual < expected)),
    "NumericLessThanEquals": _any(_number(lambda actual, expected: actual <= expected)),
    "StringEquals": _any(_equal),
    "StringEqualsIgnoreCase": _any(_equal_ignoring_case),
    "StringLike": _any(matches),
}
NEGATED: dict[str, Operator] = {
    "ArnNotEquals": _none(arn_matches),
    "ArnNotLike": _none(arn_matches),
    "NumericNotEquals": _none(_number(lambda actual, expected: actual == expected)),
    "StringNotEquals": _none(_equal),
    "StringNotEqualsIgnoreCase": _none(_equal_ignoring_case),
    "StringNotLike": _none(matches),
}


def _operator(name: str, written: str) -> Operator:
    found = POSITIVE.get(name) or NEGATED.get(name)
    if found is None:
        known = ", ".join(sorted({*POSITIVE, *NEGATED, "Null"}))
        raise NotEvaluated(f"the local stack does not evaluate the condition operator {written}; it knows {known}")
    return found
