"""The evaluator's settings: read once from the environment that terraform/modules/evaluator sets."""

from collections.abc import Mapping
from dataclasses import dataclass

MOST_LOOK_BACK = 336  # hours; CloudWatch takes no metric that is older than two weeks
LEAST_MEMORY = 768  # MB; Lambda itself tells how much there is


class ConfigInvalid(Exception):
    """A variable is missing or holds something else than expected."""


@dataclass(frozen=True, slots=True)
class Config:
    """look_back : hours for which outcomes are waited for. memory_mb : what the function has."""

    bucket: str
    model_bucket: str
    model_name: str
    outcomes_arn: str
    look_back: int
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

        look_back = variable("LOOK_BACK_HOURS")
        if not (look_back.isascii() and look_back.isdigit() and 1 <= int(look_back) <= MOST_LOOK_BACK):
            raise ConfigInvalid(f"LOOK_BACK_HOURS: expected whole hours, 1 to {MOST_LOOK_BACK}, got {look_back!r:.40}")
        return cls(
            bucket=variable("EVALUATION_BUCKET"),
            model_bucket=variable("MODEL_BUCKET"),
            model_name=variable("MODEL_NAME"),
            outcomes_arn=variable("OUTCOMES_STREAM_ARN"),
            look_back=int(look_back),
            function_name=environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            memory_mb=int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", LEAST_MEMORY)),
            log_level=environment.get("LOG_LEVEL", "INFO"),
        )
