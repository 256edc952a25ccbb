"""The scorer, called with redriven records: what became of each, whatever happens to the call."""

import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_client.errors import error_code, may_pass
from resilience.deadline import Deadline
from resilience.retry import Retry
from sources.redrive import REPLY

# How long a throttled or unreachable function is tried again, in seconds.
PATIENCE_SECONDS = 300.0
# Failed invocations of one chunk after which its rest counts as failed: enough to find three bad records in 1,000.
MOST_FAILURES = 64
# A function that answers so fails for every record: its model, its settings, its code.
_FAILS_ALL = {
    "ModelUnavailable": "the scorer has no model: publish one that verifies, then run the redrive again",
    "ConfigInvalid": "the scorer's environment is wrong: its log names the variable; deploy again",
    "UnknownEventSource": "the deployed scorer does not know redriven records: deploy this version first",
}

Envelopes = Mapping[str, dict[str, Any]]


class _Failed(Exception):
    """The invocation failed; with fewer records it may succeed."""


class _Unavailable(Exception):
    """The function cannot be called for now, or at all."""


@dataclass(slots=True)
class RedriveAnswer:
    """What became of each record, by prediction id. What is in none of the four was not tried.

    ignored : no event, by the rules of the model's manifest. quarantined : with its code. failed : with the reason.
    trouble : why the redrive should end, if so.
    """

    predicted: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    quarantined: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    trouble: str = ""

    def settled(self) -> set[str]:
        return {*self.predicted, *self.ignored, *self.quarantined}


class Function:
    """The scorer's alias. before_call : called before each invocation, and may raise."""

    def __init__(
        self,
        client: Any,
        name: str,
        qualifier: str,
        retry: Retry,
        clock: Callable[[], float],
        before_call: Callable[[], None],
    ) -> None:
        self._client, self._name, self._qualifier = client, name, qualifier
        self._retry, self._clock, self._before_call = retry, clock, before_call

    def send(self, envelopes: Envelopes, *, reply: bool = False) -> RedriveAnswer:
        """Score the records; those of an invocation that fails are sent again in halves, to find the bad one.

        reply : the function only answers: it publishes and quarantines nothing.
        """
        answer, parts, failures = RedriveAnswer(), [list(envelopes)] if envelopes else [], 0
        while parts:
            part = parts.pop()
            try:
                told = self._invoke({key: envelopes[key] for key in part}, reply)
            except _Unavailable as unavailable:
                answer.trouble = str(unavailable)
                break
            except _Failed as failed:
                failures += 1
                if len(part) == 1 or failures > MOST_FAILURES:
                    answer.failed |= dict.fromkeys(part, str(failed))
                else:
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
            else:
                _add(answer, part, told)
        return answer

    def _invoke(self, envelopes: Envelopes, reply: bool) -> dict[str, Any]:
        payload = json.dumps({"Records": list(envelopes.values()), REPLY: reply}).encode()
        reason = "the scorer was not called"
        for _ in self._retry.attempts(Deadline.after(PATIENCE_SECONDS, self._clock)):
            self._before_call()
            try:
                return _answer(
                    self._client.invoke(
                        FunctionName=self._name,
                        Qualifier=self._qualifier,
                        InvocationType="RequestResponse",
                        Payload=payload,
                    ),
                    envelopes.keys(),
                    reply,
                )
            except ClientError as error:
                if error_code(error) in ("RequestTooLargeException", "RequestEntityTooLargeException", "413"):
                    raise _Failed("larger than an invocation may be") from None
                reason = f"the scorer cannot be called: {error}"
                if not may_pass(error):
                    break
            except BotoCoreError as error:  # connections and timeouts: the function may have done its work
                reason = f"the scorer did not answer: {error}"
        raise _Unavailable(reason)


def _answer(response: Mapping[str, Any], expected: Set[str], reply: bool) -> dict[str, Any]:
    """What the function said of every record. Raises _Failed, _Unavailable."""
    try:
        told = json.loads(response["Payload"].read())
    except ValueError:
        told = None
    if "FunctionError" in response:
        kind = told.get("errorType") or told.get("errorMessage") if isinstance(told, dict) else None
        if kind in _FAILS_ALL:
            raise _Unavailable(_FAILS_ALL[kind])
        raise _Failed(f"the function failed: {kind or 'unknown'}")
    try:
        named, predicted = _named(told, "batchItemFailures", "quarantined", "ignored"), _named(told, "predictions")
        sound = expected >= named and all(isinstance(entry["code"], str) for entry in told["quarantined"])
        sound = sound and predicted >= (expected - named if reply else set())
    except (KeyError, TypeError):
        sound = False
    if not sound:
        raise _Unavailable(
            "expected the scorer to name every record that failed or is ignored: deploy this version first"
        )
    checked: dict[str, Any] = told
    return checked


def _named(told: Mapping[str, Any], *members: str) -> set[str]:
    return {entry["itemIdentifier"] for member in members for entry in told[member]}


def _add(answer: RedriveAnswer, part: Sequence[str], told: Mapping[str, Any]) -> None:
    """An aggregate that was split may be named more than once: it failed if any record of it did."""
    failed = {entry["itemIdentifier"] for entry in told["batchItemFailures"]}
    ignored = {entry["itemIdentifier"] for entry in told["ignored"]}
    codes = {entry["itemIdentifier"]: entry["code"] for entry in told["quarantined"]}
    for key in part:
        if key in failed:
            answer.failed[key] = "neither published nor quarantined: the function's log says why"
        elif key in codes:
            answer.quarantined[key] = codes[key]
        elif key in ignored:
            answer.ignored.append(key)
        else:
            answer.predicted.append(key)
