"""The evaluator's settings: read once from the environment that terraform/modules/evaluator sets."""

from collections.abc import Mapping
from dataclasses import dataclass

MOST_LOOK_BACK = 336  # hours; CloudWatch takes no metric that is older than two weeks
MOST_DRIFT = 336  # hours
LEAST_MEMORY = 768  # MB; Lambda itself tells how much there is


class ConfigInvalid(Exception):
    """A variable is missing or holds something else than expected."""


@dataclass(frozen=True, slots=True)
class Config:
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
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Raises ConfigInvalid, which names the variable."""

        def variable(name: str) -> str:
            if not (value := environment.get(name, "")):
                raise ConfigInvalid(f"expected {name} in the function's environment, found none; see terraform/")
            return value

        def hours(name: str, most: int) -> int:
            if not ((value := variable(name)).isascii() and value.isdigit() and 1 <= int(value) <= most):
                raise ConfigInvalid(f"{name}: expected whole hours, 1 to {most}, got {value!r:.40}")
            return int(value)

        return cls(
            bucket=variable("EVALUATION_BUCKET"),
            model_bucket=variable("MODEL_BUCKET"),
            model_name=variable("MODEL_NAME"),
            outcomes_arn=variable("OUTCOMES_STREAM_ARN"),
            look_back=hours("LOOK_BACK_HOURS", MOST_LOOK_BACK),
            drift=hours("DRIFT_HOURS", MOST_DRIFT),
            function_name=environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            memory_mb=int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", LEAST_MEMORY)),
            log_level=environment.get("LOG_LEVEL", "INFO"),
        )
