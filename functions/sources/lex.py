"""The fulfilment hook of a Lex V2 bot: slots are features, and the answer is in words.

https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html
"""

from __future__ import annotations

import json
import time

from records.numbers import number_of
from records.record import Record, is_partition_key
from sources.lambda_records import LambdaRecords
from sources.positions import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.delivered import Delivered

FULFILMENT = "FulfillmentCodeHook"
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


class LexSource(LambdaRecords):
    """One record per invocation. The caller waits: nothing is published or quarantined."""

    name = event_source = "lex"

    def claims(self, event: Any) -> bool:
        return (
            isinstance(event, dict)
            and event.get("invocationSource") == FULFILMENT
            and isinstance(event.get("bot"), dict)
            and isinstance(event.get("sessionState"), dict)
        )

    def envelopes(self, event: Any) -> Sequence[Any]:
        return [event]

    def replies(self, event: Any) -> bool:
        return True

    def records(self, envelope: Any, model: str) -> list[Record]:
        bot, state, session = envelope["bot"], envelope["sessionState"], envelope["sessionId"]
        request = state.get("originatingRequestId") or session
        slots = state["intent"].get("slots") or {}
        event = {"event_id": request, "features": {name: _value(slot) for name, slot in slots.items()}}
        return [
            Record(
                model=model,
                source=self.name,
                arn=f"bot-alias/{bot['id']}/{bot['aliasId']}",
                position=f"{escaped(session)}|{escaped(request)}",
                partition_key=session if is_partition_key(session) else request,
                arrived_at=_now(),
                data=json.dumps(event, separators=(",", ":")).encode("ascii"),
                delivery_id=request,
            )
        ]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        """None: Lex does not say."""
        return None

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        """https://docs.aws.amazon.com/lexv2/latest/dg/lambda-response-format.html"""
        state = envelopes[0]["sessionState"]
        scored = [json.loads(body) for _, body in delivered.predictions]
        words = [_scored(prediction) for prediction in scored]
        words += [
            f"This cannot be scored: {fault.path.rpartition('/')[2]}: {fault.detail}."
            for _, fault in delivered.rejected
        ]
        return {
            "sessionState": {
                "sessionAttributes": state.get("sessionAttributes") or {},
                "dialogAction": {"type": "Close"},
                "intent": state["intent"] | {"state": "Fulfilled" if scored else "Failed"},
            },
            "messages": [
                {"contentType": "PlainText", "content": text} for text in words or ["There is nothing to score."]
            ],
        }


def _value(slot: Any) -> Any:
    """The value that Lex understood: a number or a boolean where it is one; None for an empty slot."""
    found = ((slot or {}).get("value") or {}).get("interpretedValue")
    if type(found) is not str:
        return None
    number = number_of(found)
    return _TRUTHS.get(found.lower(), found) if number is None else number


def _scored(prediction: dict[str, Any]) -> str:
    scores = prediction.get("scores")
    score = prediction["score"] if scores is None else max(scores.values() if isinstance(scores, dict) else scores)
    label = prediction.get("label")
    return f"The score is {score:.3f}." if label is None else f"The answer is {label}, with a score of {score:.3f}."


def _now() -> float:
    return round(time.time(), 3)
