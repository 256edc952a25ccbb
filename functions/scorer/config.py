"""The scorer's settings: read once from the environment that terraform/modules/scorer sets."""

import math
import os
from collections.abc import Mapping

from records.faults import ScorerError
from records.values import Value
from scoring.engine import ENGINES, NATIVE
from sinks.kinesis_aggregated import MAX_RANGES

SINK_TYPES = ("kinesis", "sns", "sqs")
AGGREGATE_RANGES = "PREDICTION_SINK_AGGREGATE_RANGES"


class ConfigInvalid(ScorerError):
    """A variable is missing or holds something else than expected."""


class Config(Value):
    model_bucket: str
    model_name: str
    release_poll_seconds: float
    sink_type: str
    sink_target: str
    aggregate_ranges: int
    failure_bucket: str
    quarantine_prefix: str
    shadow_sink_type: str
    shadow_sink_target: str
    drift_bucket: str
    drift_seconds: float
    public_keys: str
    engine: str
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

        def one_of(name: str, values: tuple[str, ...], default: str = "") -> str:
            if (value := environment.get(name) or default or variable(name)) not in values:
                raise ConfigInvalid(f"{name}: expected one of {', '.join(values)}, got {value!r}")
            return value

        def number[T: (int, float)](name: str, read: type[T], text: str) -> T:
            try:
                return read(text)
            except ValueError as error:
                raise ConfigInvalid(f"{name}: {error}") from None

        poll_seconds = number("RELEASE_POLL_SECONDS", float, variable("RELEASE_POLL_SECONDS"))
        if not 0 <= poll_seconds < math.inf:
            raise ConfigInvalid(f"RELEASE_POLL_SECONDS: expected seconds from 0 on, got {poll_seconds}")
        ranges = number(AGGREGATE_RANGES, int, environment.get(AGGREGATE_RANGES) or "0")
        if not 0 <= ranges <= MAX_RANGES:
            raise ConfigInvalid(f"{AGGREGATE_RANGES}: expected 0 (off) to {MAX_RANGES}, got {ranges}")
        drift_bucket = environment.get("DRIFT_BUCKET", "")
        drift_seconds = number("DRIFT_SECONDS", float, variable("DRIFT_SECONDS")) if drift_bucket else 0.0
        if not 0 <= drift_seconds < math.inf:
            raise ConfigInvalid(f"DRIFT_SECONDS: expected seconds from 0 on, got {drift_seconds}")
        # Without a sink a shadow is measured only.
        shadow_sink = environment.get("SHADOW_SINK_TYPE") or environment.get("SHADOW_SINK_TARGET")
        return cls(
            model_bucket=variable("MODEL_BUCKET"),
            model_name=variable("MODEL_NAME"),
            release_poll_seconds=poll_seconds,
            sink_type=one_of("PREDICTION_SINK_TYPE", SINK_TYPES),
            sink_target=variable("PREDICTION_SINK_TARGET"),
            aggregate_ranges=ranges,
            failure_bucket=variable("FAILURE_BUCKET"),
            quarantine_prefix=variable("QUARANTINE_PREFIX"),
            shadow_sink_type=one_of("SHADOW_SINK_TYPE", SINK_TYPES) if shadow_sink else "",
            shadow_sink_target=variable("SHADOW_SINK_TARGET") if shadow_sink else "",
            drift_bucket=drift_bucket,
            drift_seconds=drift_seconds,
            public_keys=environment.get("MODEL_PUBLIC_KEYS", ""),
            engine=one_of("SCORER_ENGINE", ENGINES, NATIVE),
            function_name=environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            log_level=environment.get("LOG_LEVEL", "INFO"),
            threads=threads_for(environment, os.process_cpu_count() or 1),
        )


def threads_for(environment: Mapping[str, str], cores: int) -> int:
    """Threads for XGBoost: Lambda gives one vCPU for each 1,769 MB.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    memory = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1769))
    return max(1, min(cores, memory // 1769))
