"""The scorer's settings, from the environment that terraform/modules/scorer sets."""

from __future__ import annotations

import os

from records.settings import Settings
from records.values import Value
from scoring.engine import ENGINES, NATIVE
from sinks import sink_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

# Prefixes of the two sinks' settings: TYPE, TARGET, and those of the type.
# Whose clients call AWS. botocore's are those of Lambda's runtime.
CLIENTS = ("aws_client", "botocore")
PREDICTION_SINK, SHADOW_SINK = "PREDICTION_SINK_", "SHADOW_SINK_"


class ServingConfig(Value):
    """What every entry point of the scorer needs: the models, and how they are evaluated.

    shadow_sink : None: shadows are scored, not published. drift_bucket : empty: drift is not measured.

    capture_bucket : empty: no rows are captured. capture_share : of the partition keys.

    public_keys : empty: signing is off, or KMS verifies with `verifying_keys`, ARNs.

    memory : the function's, in bytes; None: not in Lambda.
    """

    model_bucket: str
    model_name: str
    release_poll_seconds: float
    shadow_sink: Settings | None
    drift_bucket: str
    drift_seconds: float
    capture_bucket: str
    capture_share: float
    capture_seconds: float
    public_keys: str
    verifying_keys: tuple[str, ...]
    client: str
    engine: str
    function_name: str
    log_level: str
    threads: int
    memory: int | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ConfigInvalid with the variable's name. `make_sink` validates the settings of the sink's type."""
        return cls(**cls._read(Settings(environment), environment))

    @classmethod
    def _read(cls, settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
        """The members by name."""
        shadow_sink = settings.below(SHADOW_SINK)
        drift_bucket, capture_bucket = settings.text("DRIFT_BUCKET", ""), settings.text("CAPTURE_BUCKET", "")
        return {
            "model_bucket": settings.text("MODEL_BUCKET"),
            "model_name": settings.text("MODEL_NAME"),
            "release_poll_seconds": settings.seconds("RELEASE_POLL_SECONDS"),
            "shadow_sink": sink_settings(shadow_sink) if shadow_sink.has("TYPE") or shadow_sink.has("TARGET") else None,
            "drift_bucket": drift_bucket,
            "drift_seconds": settings.seconds("DRIFT_SECONDS") if drift_bucket else 0.0,
            "capture_bucket": capture_bucket,
            "capture_share": settings.share("CAPTURE_SHARE") if capture_bucket else 0.0,
            "capture_seconds": settings.seconds("CAPTURE_SECONDS") if capture_bucket else 0.0,
            "public_keys": settings.text("MODEL_PUBLIC_KEYS", ""),
            "verifying_keys": tuple(settings.text("MODEL_KMS_KEYS", "").split(","))
            if settings.has("MODEL_KMS_KEYS")
            else (),
            "client": settings.one_of("SCORER_CLIENT", CLIENTS, CLIENTS[0]),
            "engine": settings.one_of("SCORER_ENGINE", ENGINES, NATIVE),
            "function_name": settings.text("AWS_LAMBDA_FUNCTION_NAME", ""),
            "log_level": settings.text("LOG_LEVEL", "INFO"),
            "threads": threads_for(environment, os.process_cpu_count() or 1),
            "memory": settings.whole("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 0, 1 << 20, default=0) * 1024 * 1024 or None,
        }


class ScorerConfig(ServingConfig):
    """In addition, where predictions and the quarantine go: of an entry point for event sources.

    object_bytes : of the largest object in S3 that is read for an event.

    batch_machine : the ARN of the state machine that larger files of rows are handed to, up to `batch_object_bytes`;
    empty: they are quarantined.
    """

    sink: Settings
    failure_bucket: str
    quarantine_prefix: str
    object_bytes: int
    batch_machine: str
    batch_object_bytes: int

    @classmethod
    def _read(cls, settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
        return super()._read(settings, environment) | {
            "sink": sink_settings(settings.below(PREDICTION_SINK)),
            "failure_bucket": settings.text("FAILURE_BUCKET"),
            "quarantine_prefix": settings.text("QUARANTINE_PREFIX"),
            "object_bytes": settings.whole("OBJECT_MIB", 1, 64, default=8) * 1024 * 1024,
            "batch_machine": settings.text("BATCH_STATE_MACHINE", ""),
            "batch_object_bytes": settings.whole("BATCH_OBJECT_GIB", 1, 5_120, default=50) * 1024**3,
        }


def threads_for(environment: Mapping[str, str], cores: int) -> int:
    """Threads for XGBoost: Lambda provides one vCPU for each 1,769 MB.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    memory = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1769))
    return max(1, min(cores, memory // 1769))
