from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import pytest

from millrace.errors import UserError
from millrace.model.signing import public_keys
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.errors import DocumentInvalid, ReleaseMissing
from tests.fakes.signing import FakeKms
from tests.fakes.stack import outputs, prediction_document, stack

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4570",
    "AWS_ACCESS_KEY_ID": "of the stack",
    "AWS_SECRET_ACCESS_KEY": "secret of the stack",
    "AWS_REGION": "us-east-1",
}


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize("name", ["../local", "a/b", ""])
def test_a_stack_s_name_is_no_path(name: str) -> None:
    with pytest.raises(DocumentInvalid, match="--stack: expected 1 to 100 letters"):
        Stack.load(name)


def test_saved_and_loaded_it_is_the_same() -> None:
    saved = Stack("dev", ENVIRONMENT, outputs())
    saved.save()

    assert Stack.load("dev") == saved


@pytest.mark.usefixtures("scratch")
def test_the_last_one_that_was_saved_counts() -> None:
    Stack("dev", {}, {"model": "old"}).save()
    Stack("dev", {}, {"model": "new"}).save()

    assert Stack.load("dev").outputs == {"model": "new"}


def test_forgotten_it_leaves_nothing(scratch: Path) -> None:
    Stack("dev", {}, {}).save()
    Stack("prod", {}, {}).save()
    Stack("dev", {}, {}).forget()
    Stack("dev", {}, {}).forget()

    assert [path.name for path in scratch.rglob("*.json")] == ["prod.json"]


@pytest.mark.usefixtures("scratch")
@pytest.mark.parametrize(("name", "command"), [("local", "make up"), ("dev", "make deploy ENV=dev")])
def test_an_unknown_stack_is_said_with_what_to_do(name: str, command: str) -> None:
    with pytest.raises(UserError, match=f"no stack '{name}' is known here: deploy it first with `{command}`"):
        Stack.load(name)


@pytest.fixture
def users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell of a user who works with AWS."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "of the user",
        "AWS_SECRET_ACCESS_KEY": "secret of the user",
        "AWS_SESSION_TOKEN": "token of the user",
        "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.usefixtures("users_own")
def test_the_clients_of_a_local_stack_are_its_own() -> None:
    """The user's credentials do not reach an emulator."""
    client = Stack("local", ENVIRONMENT, {}).client("kinesis")

    credentials = client._request_signer._credentials
    assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:4570", "us-east-1")
    assert (credentials.access_key, credentials.secret_key) == ("of the stack", "secret of the stack")
    assert credentials.token is None


@pytest.mark.usefixtures("users_own")
def test_the_clients_of_a_stack_on_aws_are_the_users() -> None:
    client = Stack("dev", {}, {}).client("kinesis")

    credentials = client._request_signer._credentials
    assert (client.meta.endpoint_url, client.meta.region_name) == (
        "https://kinesis.eu-north-1.amazonaws.com",
        "eu-north-1",
    )
    assert (credentials.access_key, credentials.token) == ("of the user", "token of the user")


def test_what_describes_a_service_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is most of what a client costs."""
    monkeypatch.setattr(botocore.session, "create_loader", botocore.loaders.create_loader)  # no other test's
    read: list[str] = []
    load_file = botocore.loaders.JSONFileLoader.load_file

    def noted(self: Any, path: str) -> Any:
        read.append(path)
        return load_file(self, path)

    monkeypatch.setattr(botocore.loaders.JSONFileLoader, "load_file", noted)

    clients = [Stack(name, ENVIRONMENT, {}).client("kinesis") for name in ("one", "other")]

    assert clients[0] is not clients[1]
    assert [Path(path).name for path in read].count("service-2") == 1


def test_times_are_in_utc(aws: Callable[[str], Any]) -> None:
    running = stack(aws)
    kinesis = running.client("kinesis")
    kinesis.put_record(StreamName="predictions", Data=prediction_document("a"), PartitionKey="a")
    shard = {"StreamName": "predictions", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    (record,) = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**shard)["ShardIterator"])["Records"]
    running.client("s3").put_object(Bucket="models", Key="a", Body=b"")
    modified = running.client("s3").head_object(Bucket="models", Key="a")["LastModified"]

    arrived = record["ApproximateArrivalTimestamp"]
    assert arrived.tzinfo is UTC
    assert abs(arrived - modified) < timedelta(minutes=1)


def test_the_model_store_is_the_models(aws: Callable[[str], Any]) -> None:
    store = stack(aws).model_store()

    assert (store.bucket, store.name) == ("models", "sessions")
    with pytest.raises(ReleaseMissing):
        store.release()


def test_its_model_store_signs_where_signing_is_on(monkeypatch: pytest.MonkeyPatch, artifact: Artifact) -> None:
    kms = FakeKms()
    signed = Stack("test", ENVIRONMENT, outputs() | kms.create())
    clients = {"kms": kms, "s3": object()}
    monkeypatch.setattr(Stack, "client", lambda stack, service: clients[service])

    signer = signed.model_store()._signer
    assert signer is not None
    message = artifact.manifest.to_bytes()
    keys = public_keys(signed.outputs)
    assert keys is not None
    assert keys.signer(message, signer.signature(message, None))
    assert Stack("test", ENVIRONMENT, outputs()).model_store()._signer is None


REST = {"url": "https://a1b2.execute-api.eu-west-1.amazonaws.com/live", "api_id": "a1b2", "stage": "live"}
URL = {"url": "https://abc.lambda-url.eu-west-1.on.aws", "api_id": None, "stage": None}


@pytest.mark.parametrize(
    ("http", "environment", "expected"),
    [
        (REST, {}, REST["url"]),
        (URL, {}, URL["url"]),
        (REST, ENVIRONMENT, "http://127.0.0.1:4570/_aws/execute-api/a1b2/live"),
        (URL, ENVIRONMENT, "http://127.0.0.1:4570/_aws/lambda-url/abc"),
    ],
)
def test_where_the_endpoint_is(http: dict[str, Any], environment: dict[str, str], expected: str) -> None:
    assert Stack("test", environment, {"http": http}).http_url() == expected


@pytest.mark.parametrize("made", [{}, {"http": None}])
def test_a_stack_without_an_endpoint_says_so(made: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="stack test has no HTTP endpoint: set `http`"):
        Stack("test", {}, made).http_url()


def test_the_value_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gateway:
        def get_api_key(self, **request: Any) -> dict[str, str]:
            assert request == {"apiKey": "k1", "includeValue": True}
            return {"value": "secret"}

    monkeypatch.setattr(Stack, "client", lambda stack, service: {"apigateway": Gateway()}[service])
    with_keys = Stack("test", {}, {"http": {"key_ids": {"default": "k1"}}})

    assert with_keys.http_key() == "secret"
    assert with_keys.http_key("other") == ""
    assert Stack("test", {}, {}).http_key() == ""
