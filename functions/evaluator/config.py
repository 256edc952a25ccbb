"""The evaluator's settings, from the environment that terraform/modules/evaluator sets."""

from __future__ import annotations

from dataclasses import dataclass

from records.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

MAX_LOOK_BACK = 336  # hours; CloudWatch rejects metrics older than two weeks
MAX_DRIFT = 336  # hours
DEFAULT_MEMORY, MAX_MEMORY = 1_024, 10_240  # MB; Lambda sets the variable


@dataclass(frozen=True, slots=True)
class EvaluatorConfig:
    """look_back : hours during which an outcome counts for a prediction. drift : hours over which drift is measured.

    memory_mb : the function's memory.
    """

    bucket: str
    model_bucket: str
    model_name: str
    outcomes_arn: str
    look_back: int
    drift: int
    function_name: str
    memory_mb: int
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ConfigInvalid with the variable's name."""
        settings = Settings(environment)
        return cls(
            bucket=settings.text("EVALUATION_BUCKET"),
            model_bucket=settings.text("MODEL_BUCKET"),
            model_name=settings.text("MODEL_NAME"),
            outcomes_arn=settings.text("OUTCOMES_STREAM_ARN"),
            look_back=settings.whole("LOOK_BACK_HOURS", 1, MAX_LOOK_BACK),
            drift=settings.whole("DRIFT_HOURS", 1, MAX_DRIFT),
            function_name=settings.text("AWS_LAMBDA_FUNCTION_NAME", ""),
            memory_mb=settings.whole("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1, MAX_MEMORY, default=DEFAULT_MEMORY),
            log_level=settings.text("LOG_LEVEL", "INFO"),
        )
