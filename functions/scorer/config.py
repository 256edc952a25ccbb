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
    shadow_sink_type: str
    shadow_sink_target: str
    public_keys: str
    function_name: str
    log_level: str
    threads: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Raises ConfigInvalid, which names the variable."""

        def variable(name: str) -> str:
            if not (value := environment.get(name, "")):
                raise ConfigInvalid(f"expected {name} in the function's environment, found none; see terraform/")
            return value

        def sink_type(name: str) -> str:
            if (value := variable(name)) not in SINK_TYPES:
                raise ConfigInvalid(f"{name}: expected one of {', '.join(SINK_TYPES)}, got {value!r}")
            return value

        try:
            poll_seconds = float(variable("RELEASE_POLL_SECONDS"))
        except ValueError as error:
            raise ConfigInvalid(f"RELEASE_POLL_SECONDS: {error}") from None
        if not 0 <= poll_seconds < math.inf:
            raise ConfigInvalid(f"RELEASE_POLL_SECONDS: expected seconds from 0 on, got {poll_seconds}")
        # Without a sink a shadow is measured only.
        shadow_sink = environment.get("SHADOW_SINK_TYPE") or environment.get("SHADOW_SINK_TARGET")
        return cls(
            model_bucket=variable("MODEL_BUCKET"),
            model_name=variable("MODEL_NAME"),
            release_poll_seconds=poll_seconds,
            sink_type=sink_type("PREDICTION_SINK_TYPE"),
            sink_target=variable("PREDICTION_SINK_TARGET"),
            failure_bucket=variable("FAILURE_BUCKET"),
            quarantine_prefix=variable("QUARANTINE_PREFIX"),
            shadow_sink_type=sink_type("SHADOW_SINK_TYPE") if shadow_sink else "",
            shadow_sink_target=variable("SHADOW_SINK_TARGET") if shadow_sink else "",
            public_keys=environment.get("MODEL_PUBLIC_KEYS", ""),
            function_name=environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            log_level=environment.get("LOG_LEVEL", "INFO"),
            threads=threads_for(environment, os.process_cpu_count() or 1),
        )
