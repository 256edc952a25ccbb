from typing import Any

import pytest

from millrace_localstack.plugin.iam.conditions import NotEvaluated, arn_matches, holds, matches

ARN = "arn:aws:sns:us-east-1:000000000000:it-queued-events"


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "met"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["b", "a"], "a", True),
        ("StringEquals", "A", "a", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringLike", "models/*", "models/a/b", True),
        ("StringLike", "models/?", "models/ab", False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotLike", "a*", "ab", False),
        ("ArnEquals", ARN, ARN, True),
        ("ArnLike", "arn:aws:sns:*:*:it-queued-*", ARN, True),
        ("ArnLike", "arn:aws:sns:*:it-queued-*", ARN, False),  # a wildcard is within a part
        ("ArnLike", "arn:*", ARN, False),
        ("ArnNotLike", "arn:aws:sns:*:*:other", ARN, True),
        ("Bool", "false", "true", False),
        ("Bool", False, "false", True),
        ("NumericLessThan", 10, "9", True),
        ("NumericEquals", "1", "not a number", False),
        ("Null", "true", "here", False),
        ("Null", "false", "here", True),
    ],
)
def test_operators(operator: str, expected: Any, actual: str, met: bool) -> None:
    assert holds({operator: {"aws:Key": expected}}, {"aws:key": actual}) is met


@pytest.mark.parametrize(
    ("operator", "met"),
    [("StringEquals", False), ("ArnLike", False), ("Bool", False), ("StringNotEquals", True), ("ArnNotLike", True)],
)
def test_a_key_that_is_not_sent(operator: str, met: bool) -> None:
    assert holds({operator: {"aws:SourceArn": ARN}}, {}) is met
    assert holds({f"{operator}IfExists": {"aws:SourceArn": ARN}}, {})


def test_null_is_about_keys_that_are_not_sent() -> None:
    assert holds({"Null": {"aws:SourceArn": "true"}}, {})
    assert not holds({"Null": {"aws:SourceArn": "false"}}, {})


def test_all_operators_and_keys_must_hold() -> None:
    condition = {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}

    assert holds(condition, {"a": "1", "b": "2", "c": "true"})
    assert not holds(condition, {"a": "1", "b": "2", "c": "false"})
    assert not holds(condition, {"a": "1", "b": "3", "c": "true"})


@pytest.mark.parametrize("operator", ["IpAddress", "ForAnyValue:StringLike", "DateLessThan", "Stringequals"])
def test_an_operator_that_is_not_evaluated_is_named(operator: str) -> None:
    with pytest.raises(NotEvaluated, match=rf"operator {operator}; it knows .*StringLike"):
        holds({operator: {"aws:SourceIp": "10.0.0.0/8"}}, {})


def test_patterns_are_not_regular_expressions() -> None:
    assert matches("a.b", "a.b")
    assert not matches("a.b", "axb")
    assert matches("*", "anything\nat all")
    assert not arn_matches("*", ARN)
