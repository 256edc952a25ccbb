"""AWS as it answers the doctor about a whole stack; an answer can be changed, refused or taken away."""

import io
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from tests.fakes.stack import outputs, stream_arn

ACCOUNT, REGION = "123456789012", "eu-central-1"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/events"
ALIAS_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:scorer:live"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
ENVIRONMENT = {
    "MODEL_BUCKET": "models",
    "MODEL_NAME": "sessions",
    "RELEASE_POLL_SECONDS": "30",
    "PREDICTION_SINK_TYPE": "kinesis",
    "PREDICTION_SINK_TARGET": stream_arn("predictions"),
    "FAILURE_BUCKET": "failures",
    "QUARANTINE_PREFIX": "quarantine/",
}


def whole_outputs() -> dict[str, Any]:
    """Terraform's outputs of a stack with a queued topic and signing."""
    found = outputs(f"arn:aws:sns:{REGION}:{ACCOUNT}:events", QUEUE_URL + "-dead-letter")
    found["sources"]["event_topic"]["queue_url"] = QUEUE_URL
    found["model_store"] |= {"signing_key_arn": KEY + "-signing"}
    found["scorer"] |= {"version": "3"}
    return found


def whole() -> dict[str, Any]:
    """What each operation answers where nothing is wrong."""
    stream = {
        "StreamDescriptionSummary": {
            "StreamStatus": "ACTIVE",
            "OpenShardCount": 2,
            "RetentionPeriodHours": 24,
            "EncryptionType": "KMS",
            "KeyId": KEY,
        }
    }
    sources = (stream_arn("events"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:events")
    return {
        "sts.get_caller_identity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ada"},
        "kinesis.describe_stream_summary": stream,
        "sns.get_topic_attributes": {"Attributes": {"KmsMasterKeyId": KEY}},
        "sns.list_subscriptions_by_topic": {
            "Subscriptions": [{"Protocol": "sqs", "Endpoint": sources[1], "SubscriptionArn": "arn"}]
        },
        "sqs.get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
        "lambda.list_event_source_mappings": {
            "EventSourceMappings": [
                {"UUID": f"uuid-{i}", "EventSourceArn": arn, "State": "Enabled", "LastProcessingResult": "OK"}
                for i, arn in enumerate(sources)
            ]
        },
        "lambda.get_alias": {"FunctionVersion": "3"},
        "lambda.get_function_configuration": {
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "MemorySize": 1769,
            "Timeout": 60,
            "CodeSize": 7_900_000,
            "CodeSha256": "another",
            "Environment": {"Variables": dict(ENVIRONMENT)},
        },
        "lambda.invoke": {"StatusCode": 200, "Payload": io.BytesIO(b'{"batchItemFailures": []}')},
        "lambda.get_function_concurrency": {"ReservedConcurrentExecutions": 20},
        "logs.describe_log_groups": {"logGroups": [{"logGroupName": "/aws/lambda/scorer", "retentionInDays": 90}]},
        "s3.get_bucket_versioning": {"Status": "Enabled"},
        "s3.list_objects_v2": {"KeyCount": 0, "IsTruncated": False},
        "kms.describe_key": {"KeyMetadata": {"KeyId": "1", "KeyState": "Enabled"}},
        "cloudwatch.get_metric_statistics": {"Datapoints": [{"Maximum": 250.0}]},
        "cloudwatch.describe_alarms": {
            "MetricAlarms": [
                {
                    "AlarmName": "scorer-release-refused",
                    "StateValue": "OK",
                    "AlarmActions": ["t"],
                    "ActionsEnabled": True,
                }
            ]
        },
    }


class FakeAws:
    """Gives clients whose operations answer by `answers`; an exception among them is raised."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []
        self.arguments: dict[str, dict[str, Any]] = {}  # of the last call of each operation

    def client(self, service: str, config: object = None) -> "_Client":
        return _Client(self, service)


class _Client:
    def __init__(self, aws: FakeAws, service: str) -> None:
        self._aws, self._service = aws, service

    def __getattr__(self, operation: str) -> Any:
        name = f"{self._service}.{operation}"

        def call(**arguments: Any) -> Any:
            self._aws.asked.append(name)
            self._aws.arguments[name] = arguments
            answer = self._aws.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refused(operation: str, code: str = "AccessDeniedException", message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def unreachable() -> EndpointConnectionError:
    return EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
