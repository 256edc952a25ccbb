"""What an event source mapping makes of a function's response, for Kinesis and SQS alike.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Container
from typing import Any, Literal, Protocol

type Treated = Literal["success", "failure"]

# Every record of the batch failed.
COMPLETE_FAILURE = None


class ResponseRules(Protocol):
    """What is not documented: see Behaviours."""

    @property
    def misspelt_key(self) -> Treated: ...
    @property
    def not_an_object(self) -> Treated: ...
    @property
    def malformed_list(self) -> Treated: ...


def reported(response: Any, known: Container[str], rules: ResponseRules) -> list[str] | None:
    """The identifiers that the function reports as failed ([]: none), or COMPLETE_FAILURE.

    Documented and recorded: an empty or null response (also an empty list or text), and an empty or null list, are a
    complete success. An identifier that is empty, null, no text, under another key, or unknown, is a complete failure.
    """
    if response is None or response in ({}, [], ""):
        return []
    if not isinstance(response, dict):
        return _treated(rules.not_an_object)
    if "batchItemFailures" not in response:
        return _treated(rules.misspelt_key)
    failures = response["batchItemFailures"]
    if failures is None or failures == []:
        return []
    if not isinstance(failures, list) or not all(isinstance(failure, dict) for failure in failures):
        return _treated(rules.malformed_list)
    identifiers = [failure.get("itemIdentifier") for failure in failures]
    if all(isinstance(identifier, str) and identifier in known for identifier in identifiers):
        return identifiers
    return COMPLETE_FAILURE


def _treated(rule: Treated) -> list[str] | None:
    return [] if rule == "success" else COMPLETE_FAILURE
