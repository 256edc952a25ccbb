import pytest

from records.settings import ConfigInvalid
from serving.config import ScorerConfig

COMPLETE = {
    "MODEL_BUCKET": "models",
    "MODEL_NAME": "sessions",
    "RELEASE_POLL_SECONDS": "30",
    "PREDICTION_SINK_TYPE": "kinesis",
    "PREDICTION_SINK_TARGET": "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions",
    "FAILURE_BUCKET": "failures",
    "QUARANTINE_PREFIX": "quarantine/",
}


def test_a_complete_environment_is_read():
    config = ScorerConfig.from_environment(COMPLETE | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"})
    assert (config.model_bucket, config.model_name, config.release_poll_seconds) == ("models", "sessions", 30.0)
    assert (config.failure_bucket, config.quarantine_prefix) == ("failures", "quarantine/")
    assert (config.sink.text("TYPE"), config.sink.text("TARGET")) == ("kinesis", COMPLETE["PREDICTION_SINK_TARGET"])
    assert config.threads == 1


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_a_missing_variable_is_named(name, value):
    environment = {key: given for key, given in COMPLETE.items() if key != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(ConfigInvalid, match=name):
        ScorerConfig.from_environment(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PREDICTION_SINK_TYPE", "pigeon"),
        ("PREDICTION_SINK_TYPE", "Kinesis"),
        ("RELEASE_POLL_SECONDS", "soon"),
        ("RELEASE_POLL_SECONDS", "nan"),
        ("RELEASE_POLL_SECONDS", "-1"),
    ],
)
def test_a_variable_that_holds_something_else_is_named(name, value):
    with pytest.raises(ConfigInvalid, match=name):
        ScorerConfig.from_environment(COMPLETE | {name: value})


def test_without_a_shadow_sink_there_is_none():
    config = ScorerConfig.from_environment(COMPLETE | {"SHADOW_SINK_TYPE": "", "SHADOW_SINK_TARGET": ""})
    assert config.shadow_sink is None


def test_a_shadow_sink_is_read():
    config = ScorerConfig.from_environment(COMPLETE | {"SHADOW_SINK_TYPE": "sqs", "SHADOW_SINK_TARGET": "url"})
    assert (config.shadow_sink.text("TYPE"), config.shadow_sink.text("TARGET")) == ("sqs", "url")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SHADOW_SINK_TYPE": "sqs"}, "SHADOW_SINK_TARGET"),
        ({"SHADOW_SINK_TARGET": "url"}, "SHADOW_SINK_TYPE"),
        ({"SHADOW_SINK_TYPE": "s3", "SHADOW_SINK_TARGET": "url"}, "SHADOW_SINK_TYPE: expected one of"),
    ],
)
def test_half_a_shadow_sink_is_refused(given, named):
    with pytest.raises(ConfigInvalid, match=named):
        ScorerConfig.from_environment(COMPLETE | given)


def test_drift_is_off_unless_there_is_a_bucket_for_it():
    config = ScorerConfig.from_environment(COMPLETE)
    assert (config.drift_bucket, config.drift_seconds) == ("", 0.0)
    config = ScorerConfig.from_environment(COMPLETE | {"DRIFT_BUCKET": "evaluation", "DRIFT_SECONDS": "300"})
    assert (config.drift_bucket, config.drift_seconds) == ("evaluation", 300.0)


def test_capture_is_off_unless_it_has_a_bucket():
    config = ScorerConfig.from_environment(COMPLETE)
    assert (config.capture_bucket, config.capture_share, config.capture_seconds) == ("", 0.0, 0.0)
    on = COMPLETE | {"CAPTURE_BUCKET": "kept", "CAPTURE_SHARE": "0.1", "CAPTURE_SECONDS": "60"}
    config = ScorerConfig.from_environment(on)
    assert (config.capture_bucket, config.capture_share, config.capture_seconds) == ("kept", 0.1, 60.0)
    for share in ("0", "1.1", "nan", "some"):
        with pytest.raises(ConfigInvalid, match="CAPTURE_SHARE: expected a share above 0, up to 1"):
            ScorerConfig.from_environment(on | {"CAPTURE_SHARE": share})


@pytest.mark.parametrize("seconds", ["", "soon", "-1", "inf", "nan"])
def test_drift_is_written_every_so_many_seconds(seconds):
    with pytest.raises(ConfigInvalid, match="DRIFT_SECONDS"):
        ScorerConfig.from_environment(COMPLETE | {"DRIFT_BUCKET": "evaluation", "DRIFT_SECONDS": seconds})
