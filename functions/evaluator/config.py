"""The evaluator's settings: read once from the environment that terraform/modules/evaluator sets."""

from collections.abc import Mapping
from dataclasses import dataclass

from records.settings import Settings

MOST_LOOK_BACK = 336  # hours; CloudWatch takes no metric that is older than two weeks
MOST_DRIFT = 336  # hours
LEAST_MEMORY = 768  # MB; Lambda sets how much there is


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
    def from_environment(cls, environment: Mapping[str, str]) -> "EvaluatorConfig":
        """Raises ConfigInvalid, which names the variable."""

        settings = Settings(environment)
        return cls(
            bucket=settings.required("EVALUATION_BUCKET"),
            model_bucket=settings.required("MODEL_BUCKET"),
            model_name=settings.required("MODEL_NAME"),
            outcomes_arn=settings.required("OUTCOMES_STREAM_ARN"),
            look_back=settings.whole("LOOK_BACK_HOURS", "whole hours", 1, MOST_LOOK_BACK),
            drift=settings.whole("DRIFT_HOURS", "whole hours", 1, MOST_DRIFT),
            function_name=settings.optional("AWS_LAMBDA_FUNCTION_NAME"),
            memory_mb=int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", LEAST_MEMORY)),
            log_level=settings.optional("LOG_LEVEL", "INFO"),
        )
