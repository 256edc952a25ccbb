"""The scorer's settings: read once from the environment that terraform/modules/scorer sets."""

import os
from collections.abc import Mapping

from records.settings import Settings
from records.values import Value
from scoring.engine import ENGINES, NATIVE
from sinks.kinesis_aggregated import MAX_RANGES

SINK_TYPES = ("kinesis", "sns", "sqs")
AGGREGATE_RANGES = "PREDICTION_SINK_AGGREGATE_RANGES"


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

        settings = Settings(environment)
        drift_bucket = settings.optional("DRIFT_BUCKET")
        # Without a sink a shadow is measured only.
        shadow_sink = settings.optional("SHADOW_SINK_TYPE") or settings.optional("SHADOW_SINK_TARGET")
        return cls(
            model_bucket=settings.required("MODEL_BUCKET"),
            model_name=settings.required("MODEL_NAME"),
            release_poll_seconds=settings.seconds("RELEASE_POLL_SECONDS"),
            sink_type=settings.one_of("PREDICTION_SINK_TYPE", SINK_TYPES),
            sink_target=settings.required("PREDICTION_SINK_TARGET"),
            aggregate_ranges=settings.whole(AGGREGATE_RANGES, "hash key ranges (0: off)", 0, MAX_RANGES, "0"),
            failure_bucket=settings.required("FAILURE_BUCKET"),
            quarantine_prefix=settings.required("QUARANTINE_PREFIX"),
            shadow_sink_type=settings.one_of("SHADOW_SINK_TYPE", SINK_TYPES) if shadow_sink else "",
            shadow_sink_target=settings.required("SHADOW_SINK_TARGET") if shadow_sink else "",
            drift_bucket=drift_bucket,
            drift_seconds=settings.seconds("DRIFT_SECONDS") if drift_bucket else 0.0,
            public_keys=settings.optional("MODEL_PUBLIC_KEYS"),
            engine=settings.one_of("SCORER_ENGINE", ENGINES, NATIVE),
            function_name=settings.optional("AWS_LAMBDA_FUNCTION_NAME"),
            log_level=settings.optional("LOG_LEVEL", "INFO"),
            threads=threads_for(environment, os.process_cpu_count() or 1),
        )


def threads_for(environment: Mapping[str, str], cores: int) -> int:
    """Threads for XGBoost: Lambda gives one vCPU for each 1,769 MB.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    memory = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1769))
    return max(1, min(cores, memory // 1769))
