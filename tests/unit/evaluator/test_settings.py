"""The evaluator's settings, and S3 itself (in memory)."""

import pytest

from evaluator.config import EvaluatorConfig
from records.settings import ConfigInvalid
from tests.fakes.clock import FakeContext
from tests.fakes.evaluation import ENVIRONMENT, NOON, PREDICTIONS_ARN, FakeClock, batch, evaluator, prediction


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT if name != "AWS_LAMBDA_FUNCTION_NAME"])
def test_a_missing_variable_is_named(name):
    with pytest.raises(ConfigInvalid, match=f"expected {name} in the function's environment"):
        EvaluatorConfig.from_environment(ENVIRONMENT | {name: ""})


@pytest.mark.parametrize("name", ["LOOK_BACK_HOURS", "DRIFT_HOURS"])
@pytest.mark.parametrize("hours", ["0", "-1", "1.5", "337", "a day", "²"])
def test_the_look_back_and_the_window_of_drift_are_whole_hours(name, hours):
    with pytest.raises(ConfigInvalid, match=f"{name}: expected a whole number from 1 to 336"):
        EvaluatorConfig.from_environment(ENVIRONMENT | {name: hours})


def test_the_same_on_s3(aws, s3):
    """With botocore's client, whose listings, bodies and errors are S3's."""
    from evaluator.handler import invoke

    s3.create_bucket(Bucket="evaluation", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    made = evaluator(s3, FakeClock(NOON + 300))
    assert invoke(made, batch(PREDICTIONS_ARN, [prediction("a")]), FakeContext()) == {"batchItemFailures": []}
    for changed in (1, 0):
        assert invoke(made, {"evaluate": {}}, FakeContext(900)) == {"hours": 1, "changed": changed, "left": 0}
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="evaluation")["Contents"]]
    assert keys[1] == "evaluation/sessions/hours/2026/11/21/12.json"
