"""A destroy is refused where a bucket that Terraform would not empty holds anything."""

from collections.abc import Callable
from typing import Any

import pytest

from millrace.deployment import held_data
from millrace.errors import UserError

STORE = "module.millrace.module.model_store.module.bucket"


def state(*buckets: tuple[str, str, bool]) -> dict[str, Any]:
    """Terraform's state with these buckets: module, name, force_destroy."""
    return {
        "version": 4,
        "resources": [
            {
                "module": module,
                "mode": "managed",
                "type": "aws_s3_bucket",
                "name": "this",
                "instances": [{"attributes": {"bucket": name, "force_destroy": force_destroy}}],
            }
            for module, name, force_destroy in buckets
        ],
    }


@pytest.fixture
def filled(s3: Any) -> Any:
    s3.put_object(Bucket="models", Key="release.json", Body=b"{}")
    return s3


def test_a_bucket_that_holds_anything_is_listed_with_the_way_out(filled: Any) -> None:
    filled.put_object(Bucket="models", Key="release.json", Body=b"{}")

    with pytest.raises(UserError) as raised:
        held_data.refuse(state((STORE, "models", False)), filled, "prod")

    newest = filled.head_object(Bucket="models", Key="release.json")["LastModified"]
    assert str(raised.value) == (
        "nothing was destroyed: expected empty buckets, got objects in 1, where force_destroy is off:\n"
        f"  models (model_store): 2 objects, newest {newest:%Y-%m-%d %H:%M} UTC\n"
        "To delete what they hold: set model_store = { force_destroy = true } in terraform/environments/prod.tfvars, "
        "run `make deploy ENV=prod`, then destroy. To keep it: copy it elsewhere and empty the buckets, every version"
    )


def test_a_delete_marker_is_something_too(filled: Any) -> None:
    """S3 deletes no bucket that has one."""
    (version,) = filled.list_object_versions(Bucket="models")["Versions"]
    filled.delete_object(Bucket="models", Key="release.json")
    filled.delete_object(Bucket="models", Key="release.json", VersionId=version["VersionId"])

    with pytest.raises(UserError, match="1 objects"):
        held_data.refuse(state((STORE, "models", False)), filled, "prod")


@pytest.mark.parametrize(
    "stack",
    [
        {},
        state((STORE, "models", True)),
        state((STORE, "deleted-by-hand", False)),
        {"resources": [{"mode": "data", "type": "aws_s3_bucket", "name": "a", "instances": []}]},
    ],
    ids=["no state", "force_destroy", "no bucket", "data source"],
)
def test_what_terraform_would_delete_is_not_in_the_way(filled: Any, stack: dict[str, Any]) -> None:
    held_data.refuse(stack, filled, "prod")


@pytest.mark.parametrize(
    ("address", "part"),
    [
        (STORE, "model_store"),
        ("module.millrace.module.evaluator[0].module.bucket", "evaluator"),
        ("module.millrace.module.event_objects[0].module.bucket[0]", "event_objects"),
        ('module.stacks["a"].module.shadow_sink[0].module.delivered[0]', "shadow_sink.firehose"),
        ("", "this"),
    ],
)
def test_the_part_is_named_by_its_module(address: str, part: str) -> None:
    assert list(held_data.protected(state((address, "a", False)))) == [("a", part)]


def test_the_setting_of_a_sinks_bucket_is_the_one_that_there_is(filled: Any) -> None:
    address = "module.millrace.module.prediction_sink.module.delivered[0]"

    with pytest.raises(UserError, match=r"set prediction_sink = \{ firehose = \{ force_destroy = true \} \} in"):
        held_data.refuse(state((address, "models", False)), filled, "prod")


@pytest.mark.parametrize(
    ("name", "setting"),
    [("events", "event_table = { table = {"), ("predictions", "prediction_sink = { dynamodb = {")],
)
def test_a_table_with_deletion_protection_is_in_the_way(filled: Any, name: str, setting: str) -> None:
    """Terraform would find out when the rest of the stack is gone."""
    table = {"mode": "managed", "type": "aws_dynamodb_table", "name": name}
    instances = [{"attributes": {"name": "scores", "deletion_protection_enabled": True}}]

    with pytest.raises(UserError) as raised:
        held_data.refuse({"resources": [table | {"instances": instances}]}, filled, "prod")

    assert "nothing was destroyed" in str(raised.value)
    assert "got it on scores" in str(raised.value)
    assert f"set {setting} deletion_protection = false }} }} in" in str(raised.value)
    instances[0]["attributes"]["deletion_protection_enabled"] = False
    held_data.refuse({"resources": [table | {"instances": instances}]}, filled, "prod")


def test_the_count_is_capped(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_data, "CAP", 2)
    for _ in range(2):
        filled.put_object(Bucket="models", Key="release.json", Body=b"{}")

    with pytest.raises(UserError, match="2 or more objects"):
        held_data.refuse(state((STORE, "models", False)), filled, "prod")


def test_a_bucket_that_may_not_be_listed_is_refused(aws: Callable[..., Any]) -> None:
    s3 = aws("s3", region_name="eu-central-1")
    s3.create_bucket(Bucket="closed", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

    def denied(request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        class Raw:
            def stream(self, *_: object, **__: object) -> list[bytes]:
                return [b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"]

        return AWSResponse(request.url, 403, {}, Raw())

    s3.meta.events.register_first("before-send.s3.ListObjectVersions", denied)
    with pytest.raises(UserError, match=r"cannot be listed.*Allow s3:ListBucketVersions"):
        held_data.refuse(state((STORE, "closed", False)), s3, "prod")
