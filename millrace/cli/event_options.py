"""The options of `millrace model train` and `import` for what events look like."""

from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from millrace.cli.grouped_options import grouped

if TYPE_CHECKING:
    from millrace.model.event_options import EventOptions

_PANEL = "Events"


def _option(*names: str, help: str) -> Any:
    return Option(*names, help=help, rich_help_panel=_PANEL)


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "event_id": (
        Annotated[str | None, _option("--event-id", help="The path of an event's id, such as /id; none: it has none.")],
        None,
    ),
    "integer_id": (Annotated[bool, _option("--integer-id", help="Ids are integers.")], False),
    "features_path": (
        Annotated[
            str | None,
            _option(
                "--features-path", help="The object with the features; empty: the event itself. Default /features."
            ),
        ],
        None,
    ),
    "paths": (
        Annotated[list[str] | None, _option("--path", help="Where a feature is: age=/customer/age; may be repeated.")],
        None,
    ),
    "accept_text": (
        Annotated[
            list[str] | None,
            _option("--accept-text", help="A feature whose values may be text (all: every one); may be repeated."),
        ],
        None,
    ),
    "capture": (
        Annotated[
            list[str] | None,
            _option(
                "--capture",
                help="What data capture keeps of a feature: age=hash, mask, omit or plain; may be repeated.",
            ),
        ],
        None,
    ),
    "unwrap": (
        Annotated[
            str,
            _option("--unwrap", help="The envelope: cloudevents, eventbridge, dms, debezium, dynamodb or sns."),
        ],
        "none",
    ),
    "ignore": (
        Annotated[
            list[str] | None,
            _option(
                "--ignore",
                help="Records that are not events, such as /op=d; may be repeated. With dms, debezium and dynamodb: "
                "deletions and control records, unless it is none.",
            ),
        ],
        None,
    ),
    "passthrough": (
        Annotated[
            list[str] | None,
            _option("--passthrough", help="The path of a member to copy into predictions; may be repeated."),
        ],
        None,
    ),
    "format": (Annotated[str, _option("--format", help="json, csv, vector, open-inference or bytes.")], "json"),
    "several": (
        Annotated[bool, _option("--several", help="A record may hold several events: lines, an array or rows.")],
        False,
    ),
    "gzip": (
        Annotated[
            int | None, _option("--gzip", help="Records are compressed with gzip: most bytes of one when decompressed.")
        ],
        None,
    ),
}


def _made(**options: Any) -> "EventOptions":
    from millrace.model.event_options import EventOptions

    return EventOptions(**options)


with_event_options = grouped("events", _OPTIONS, _made)
