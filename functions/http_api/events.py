"""Events in a request's body: Millrace's own protocol (`/predict`), and SageMaker's (`/invocations`).

The body is an event, or several: a JSON array, JSON Lines or CSV. The response has the predictions in their order, in
the form that `Accept` asks for, or else in the request's.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from http_api.errors import RequestRefused
from http_api.messages import HttpResponse
from http_api.parsed import ParsedRequest
from http_api.record import CSV, EVENT, VALUE, VECTOR
from records.faults import Code, Fault
from records.strict_json import decode
from scoring.events.split import items, lines
from scoring.predictions import label_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from http_api.messages import HttpRequest
    from http_api.parsed import RequestAnswer, RequestIdentity, ScoredRow

JSON_TYPE, LINES_TYPE, CSV_TYPE = "application/json", "application/jsonlines", "text/csv"
# By the media types that clients use for them. Without one the body is JSON.
FORMS = {
    "": JSON_TYPE,
    JSON_TYPE: JSON_TYPE,
    LINES_TYPE: LINES_TYPE,
    "application/x-jsonlines": LINES_TYPE,
    "application/jsonl": LINES_TYPE,
    "application/x-ndjson": LINES_TYPE,
    CSV_TYPE: CSV_TYPE,
}
# A body that is an event's one value itself, for models of images.
IMAGE_TYPES = ("image/jpeg", "image/png")
# White space, and the character after it.
_FIRST = re.compile(rb"[ \t\r\n]*(.?)", re.DOTALL)
_SWITCH = {"false": False, "true": True}


class EventsRequest(ParsedRequest):
    """One event, or several. one : the body is an event and no list of them. form : of the response."""

    def __init__(
        self, request: HttpRequest, identity: RequestIdentity, *, instances: bool, most: int, images: bool = False
    ) -> None:
        """instances : the events may be the member `instances` of an object. most : events. images : the body may be an
        image.

        Raises RequestRefused, Fault.
        """
        headers = request.headers
        sent, self.form = _forms(headers.get("content-type", ""), headers.get("accept", ""), images=images)
        prefix, bodies = _divided(request.body, sent, instances=instances, most=most)
        self.one = bodies is None
        if bodies is not None and len(bodies) > most:
            raise RequestRefused(413, "TOO_MANY_EVENTS", f"expected up to {most} events in a request, got more")
        explained = asked(request, "attributions")
        super().__init__(
            [identity.record(_form(request.body, sent), data=request.body, explained=explained)]
            if bodies is None
            else [
                identity.record(_form(body, sent), data=body, index=i, prefix=f"{prefix}/{i}", explained=explained)
                for i, body in enumerate(bodies)
            ]
        )

    def response(self, answer: RequestAnswer) -> HttpResponse:
        if self.form == CSV_TYPE:
            body = "".join(map(_csv, answer.rows)).encode("utf-8")
        elif self.form == LINES_TYPE:
            body = b"".join([row.message + b"\n" for row in answer.rows])
        elif self.one:
            body = answer.rows[0].message
        else:
            body = b'{"predictions":[%b]}' % b",".join([row.message for row in answer.rows])
        return HttpResponse(200, {"content-type": self.form}, body)


def asked(request: HttpRequest, name: str) -> bool:
    """Whether a switch of the query is on. Raises RequestRefused."""
    text = request.query.get(name, "false")
    if text not in _SWITCH:
        raise RequestRefused(400, "INVALID_QUERY", f"{name}: expected true or false")
    return _SWITCH[text]


@lru_cache(maxsize=64)  # of a few clients, for many requests
def _forms(content_type: str, accept: str, *, images: bool) -> tuple[str, str]:
    """The form of the body, and of the response: the first one that the client accepts. Raises RequestRefused."""
    media = content_type.partition(";")[0].strip().lower()
    if images and media in IMAGE_TYPES:
        return media, _accepted(accept, JSON_TYPE)
    sent = FORMS.get(media)
    if sent is None:
        types = f"{JSON_TYPE}, {LINES_TYPE} or {CSV_TYPE}"
        raise RequestRefused(415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Type: expected {types}")
    return sent, _accepted(accept, sent)


def _accepted(accept: str, sent: str) -> str:
    """Raises RequestRefused."""
    ranges = [part.partition(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    for media in ranges:
        if media and media in FORMS:
            return FORMS[media]
    if not ranges or {"*/*", "application/*", "text/*"} & {*ranges}:
        return sent
    raise RequestRefused(406, "NOT_ACCEPTABLE", f"Accept: expected {JSON_TYPE}, {LINES_TYPE} or {CSV_TYPE}")


def _divided(body: bytes, sent: str, *, instances: bool, most: int) -> tuple[str, Sequence[bytes] | None]:
    """The path of the list of events, and the bytes of each; None where the body is one event. Raises Fault.

    most : events that are of interest: of a JSON array, no more than one beyond them are divided.
    """
    if sent in IMAGE_TYPES:
        return "", None
    if sent != JSON_TYPE:
        return "", lines(body)
    first, after = _first(body)
    if first == b"[":
        inner, _ = _first(body, after)
        return "", items(body, arrays=False, most=most + 1) if inner in (b"{", b"[") else None
    if instances and b'"instances"' in body:
        found = decode(body).get("instances")
        if found == []:
            raise Fault(Code.WRONG_SHAPE, "/instances", "expected at least one event, got none")
        if type(found) is list:
            return "/instances", [json.dumps(item).encode() for item in found]
    return "", None


def _form(body: bytes, sent: str) -> str:
    if sent == CSV_TYPE:
        return CSV
    if sent in IMAGE_TYPES:
        return VALUE
    return VECTOR if _first(body)[0] == b"[" else EVENT


def _first(body: bytes, start: int = 0) -> tuple[bytes, int]:
    """The first character from `start` that is no white space, empty at the end; and the place after it."""
    found = _FIRST.match(body, start)
    assert found is not None  # noqa: S101 - it matches everything
    return found[1], found.end()


def _csv(row: ScoredRow) -> str:
    """The scores, the label where there is one, and the prediction id."""
    classes = row.variant.classes
    scores = row.table.scores[row.row * classes : (row.row + 1) * classes]
    label = label_of(row.variant.manifest.output, scores)
    cells = [*map(repr, scores), *([] if label is None else [_quoted(label)]), row.record.prediction_id]
    return ",".join(cells) + "\n"


def _quoted(text: str) -> str:
    return f'"{text.replace('"', '""')}"' if any(character in text for character in ',"\r\n') else text
