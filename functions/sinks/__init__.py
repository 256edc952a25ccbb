"""Prediction sinks. Each is a file in this package with a function `make`, and an entry in `SINKS`.

Its operators' part is in millrace/sinks. Only the configured sink is imported.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from records.settings import Settings
    from sinks.sink import Sink

SINKS = ("kinesis", "sns", "sqs", "firehose", "eventbridge", "dynamodb")


def sink_settings(settings: Settings) -> Settings:
    """The settings, checked to have the sink's type and target. Raises ConfigInvalid."""
    settings.one_of("TYPE", SINKS)
    settings.text("TARGET")
    return settings


def make_sink(settings: Settings, client: Callable[[str], Any]) -> Sink:
    """The sink that the settings configure. Raises ConfigInvalid.

    client : makes the client of a service.
    """
    sink: Sink = import_module(f"sinks.{settings.one_of('TYPE', SINKS)}").make(settings, client)
    return sink
