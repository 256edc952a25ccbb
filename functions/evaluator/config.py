"""The evaluator's settings: read once from the environment that terraform/modules/evaluator sets."""

from __future__ import annotations

from dataclasses import dataclass

from records.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

MOST_LOOK_BACK = 336  # hours; CloudWatch takes no metric that is older than two weeks
MOST_DRIFT = 336  # hours
LEAST_MEMORY, MOST_MEMORY = 768, 10_240  # MB; Lambda itself says how much there is


@dataclass(frozen=True, slots=True)
class EvaluatorConfig:
    """look_back : hours for which outcomes are waited for. drift : hours over which drift is measured.

    memory_mb : what the function has.
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
        """Raises ConfigInvalid, which names the variable."""
        settings = Settings(environment)
        return cls(
            bucket=settings.text("EVALUATION_BUCKET"),
            model_bucket=settings.text("MODEL_BUCKET"),
            model_name=settings.text("MODEL_NAME"),
            outcomes_arn=settings.text("OUTCOMES_STREAM_ARN"),
            look_back=settings.whole("LOOK_BACK_HOURS", 1, MOST_LOOK_BACK),
            drift=settings.whole("DRIFT_HOURS", 1, MOST_DRIFT),
            function_name=settings.text("AWS_LAMBDA_FUNCTION_NAME", ""),
            memory_mb=settings.whole("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1, MOST_MEMORY, default=LEAST_MEMORY),
            log_level=settings.text("LOG_LEVEL", "INFO"),
        )
