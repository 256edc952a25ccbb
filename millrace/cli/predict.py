"""`millrace predict`: events to an HTTP endpoint, predictions back."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import StackName, one_line_errors

if TYPE_CHECKING:
    from millrace.predict.endpoint import Credential, RefusedRequest
    from millrace.predict.events import EventsBody


def predict(
    events: Annotated[
        str, typer.Argument(help="One event as JSON, a file (.json, .jsonl, .csv), or - for standard input.")
    ],
    url: Annotated[
        str | None, typer.Option(envvar="MILLRACE_URL", help="URL of the endpoint; if left out, that of the stack.")
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="MILLRACE_API_KEY", help="API key; better in the variable.", show_envvar=True)
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="MILLRACE_TOKEN", help="Token (JWT); better in the variable.")
    ] = None,
    iam: Annotated[bool, typer.Option("--iam", help="Sign with your AWS credentials (Signature Version 4).")] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Standard input is CSV, in the order of the model's features.")
    ] = False,
    header: Annotated[bool, typer.Option("--header", help="The CSV's first line has the features' names.")] = False,
    attributions: Annotated[
        bool, typer.Option("--attributions", help="Ask for what each feature adds to the score.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Events in each request.")] = 500,
    stack: StackName = "local",
) -> None:
    """Send events to an HTTP endpoint, and print its predictions as JSON lines, in the same order.

    The events of one request are scored together or not at all; the first that is refused ends the command.
    """
    with one_line_errors():
        from millrace.predict.endpoint import PredictEndpoint, RefusedRequest
        from millrace.predict.events import CSV, LINES, bodies
        from terminal.console import write

        endpoint = PredictEndpoint(*_endpoint(url, stack, api_key, token, iam=iam))
        text, is_csv = _input(events, csv or header)
        for body in bodies(text, CSV if is_csv else LINES, batch, header=header):
            try:
                predictions = endpoint.predict(body.data, body.content_type, attributions=attributions)
            except RefusedRequest as refused:
                raise _located(refused, body) from None
            for prediction in predictions:
                write(prediction.decode(errors="backslashreplace"))


def _endpoint(
    url: str | None, stack: str, api_key: str | None, token: str | None, *, iam: bool
) -> "tuple[str, Credential | None]":
    """The URL, and what authorizes: of a stack with API keys, by default its key. Raises UserError."""
    from millrace.errors import UserError
    from millrace.predict.endpoint import HeaderCredential, IamCredential
    from millrace.stack import Stack

    if sum((bool(api_key), bool(token), iam)) > 1:
        raise UserError("expected one of --api-key, --token and --iam, got several")
    place = None if url else Stack.load(stack)
    address = url or (place.http_url() if place else "")
    if place and not (api_key or token or iam):
        api_key = place.http_key()
    if api_key:
        return address, HeaderCredential("x-api-key", api_key)
    if token:
        return address, HeaderCredential("authorization", f"Bearer {token}")
    if not iam:
        return address, None
    return address, IamCredential(place.environment, place.http_service()) if place else IamCredential()


def _input(events: str, csv: bool) -> tuple[bytes, bool]:
    """The bytes of the events, and whether they are CSV. Raises UserError."""
    from millrace.errors import UserError

    if events == "-":
        return sys.stdin.buffer.read(), csv
    if events.lstrip()[:1] in ("{", "["):
        return events.encode(), False
    path = Path(events)
    try:
        return path.read_bytes(), csv or path.suffix == ".csv"
    except OSError as error:
        raise UserError(f"expected an event as JSON, or a file with events, got {events}: {error.strerror}") from None


def _located(refused: "RefusedRequest", body: "EventsBody") -> Exception:
    """The refusal with the line of the event in the input."""
    from millrace.errors import UserError

    path, code, detail = refused.faults[0]
    found = re.fullmatch(r"/([0-9]+)(/.*)?", path)
    if found is None or len(body.lines) <= int(found[1]):
        return refused
    return UserError(f"line {body.lines[int(found[1])]}: {code} at {found[2] or 'the event'}: {detail}")
