"""How many examples each property gets at full size; the same ones in every run, so that a red test stays red."""

from hypothesis import HealthCheck, settings

from tests import scale

EXAMPLES = {
    "answers of Kinesis": 2_000,
    "answers of SNS and SQS": 2_000,
    "LightGBM models": 400,
    "circuit": 400,
    "order of a key": 500,
    "publisher": 1_800,
    "publisher through invocations": 400,
    "quarantine": 1_400,
    "retry": 2_000,
    "signatures": 300,
}
STEPS = 25  # of one example of a state machine


def budget(name: str) -> settings:
    """The settings of one property. `derandomize` makes examples a function of the test's own code."""
    return settings(
        max_examples=EXAMPLES[name] * scale.PROPERTY_QUARTERS // 4,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],  # machines are shared, and time here is a fake clock's
    )
