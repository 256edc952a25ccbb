"""The Lambda handler: `trainer.handler.handle`."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from telemetry import logs
from trainer.container import build

if TYPE_CHECKING:
    from typing import Any

    from trainer.container import Trainer

logs.as_json()


@cache
def _trainer() -> Trainer:
    return build(os.environ)


@logs.without_values
def handle(event: Any, context: Any) -> dict[str, Any]:
    """Train one request: docs/contracts.md. Raises TrainingRefused, ConfigInvalid, and what S3's client raises."""
    return _trainer().train(event)
