"""The scorer's settings: read once from the environment that terraform/modules/scorer sets."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from scorer.errors import ScorerError
from scorer.models import threads_for

SINK_TYPES = ("kinesis", "sns", "sqs")


class ConfigInvalid(ScorerError):
    """A variable is missing or holds something else than expected."""


@dataclass(frozen=True, slots=True)
class Config:
    model_bucket: str
    model_name: str
    release_poll_seconds: float
    sink_type: str
    sink_target: str
    failure_bucket: str
    quarantine_prefix: str
    log_level: str
    threads: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Raises ConfigInvalid, which names the variable."""

        def variable(name: str) -> str:
            if not (value := environment.get(name, "")):
                raise ConfigInvalid(f"expected {name} in the function's environment, found none; see terraform/")
            return value

        sink_type = variable("PREDICTION_SINK_TYPE")
        if sink_type not in SINK_TYPES:
            raise ConfigInvalid(f"PREDICTION_SINK_TYPE: expected one of {', '.join(SINK_TYPES)}, got {sink_type!r}")
        try:
            poll_seconds = float(variable("RELEASE_POLL_SECONDS"))
        except ValueError as error:
            raise ConfigInvalid(f"RELEASE_POLL_SECONDS: {error}") from None
        if not 0 <= poll_seconds < math.inf:
            raise ConfigInvalid(f"RELEASE_POLL_SECONDS: expected seconds from 0 on, got {poll_seconds}")
        return cls(
            model_bucket=variable("MODEL_BUCKET"),
            model_name=variable("MODEL_NAME"),
            release_poll_seconds=poll_seconds,
            sink_type=sink_type,
            sink_target=variable("PREDICTION_SINK_TARGET"),
            failure_bucket=variable("FAILURE_BUCKET"),
            quarantine_prefix=variable("QUARANTINE_PREFIX"),
            log_level=environment.get("LOG_LEVEL", "INFO"),
            threads=threads_for(environment, os.process_cpu_count() or 1),
        )
