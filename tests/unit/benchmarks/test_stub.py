"""The stub answers real clients as AWS would, and tells what was published."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import botocore.session
import pytest
from botocore.exceptions import ClientError

from aws_client import cbor
from aws_client.json_answers import CBOR
from benchmarks import certificate
from benchmarks.aws import Aws


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Aws]:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "release.json").write_bytes(b"{}")
    with Aws(tmp_path) as aws:
        yield aws


def client(aws: Aws, service: str) -> Any:
    return botocore.session.get_session().create_client(
        service, "eu-central-1", endpoint_url=aws.url, aws_access_key_id="test", aws_secret_access_key="test"
    )


def test_it_acknowledges_every_record_and_tells_what_it_got(aws: Aws) -> None:
    records = [{"Data": json.dumps({"event_id": f"e-{i}", "score": i}), "PartitionKey": "k"} for i in range(500)]

    answer = client(aws, "kinesis").put_records(StreamARN="arn:aws:kinesis:eu-central-1:1:stream/s", Records=records)

    assert answer["FailedRecordCount"] == 0
    assert len({record["SequenceNumber"] for record in answer["Records"]}) == 500
    assert [json.loads(prediction)["score"] for prediction in aws.published()] == list(range(500))
    assert aws.published() == []


def test_a_request_in_cbor_is_answered_in_it(aws: Aws) -> None:
    records = [{"Data": b'{"event_id":"e-%d"}' % i, "PartitionKey": "k"} for i in range(30)]
    headers = {"content-type": CBOR, "x-amz-target": "Kinesis_20131202.PutRecords"}

    with urlopen(Request(aws.url, cbor.dumps({"StreamARN": "s", "Records": records}), headers)) as answer:
        read = cbor.loads(answer.read())

    assert [len(record["SequenceNumber"]) for record in read["Records"]] == [56] * 30
    assert aws.published() == [f'{{"event_id":"e-{i}"}}' for i in range(30)]


def test_a_single_record_counts_as_well(aws: Aws) -> None:
    answer = client(aws, "kinesis").put_record(StreamName="s", Data=b'{"event_id":"e","score":1}', PartitionKey="k")

    assert answer["SequenceNumber"]
    assert aws.published() == ['{"event_id":"e","score":1}']


def test_over_tls_it_is_the_same_to_who_trusts_its_certificate(tmp_path: Path) -> None:
    if (file := certificate.make(tmp_path / "tls")) is None:
        pytest.skip("openssl was not found")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "release.json").write_bytes(b"{}")
    with Aws(tmp_path, file) as aws:
        s3 = botocore.session.get_session().create_client(
            "s3", "eu-central-1", endpoint_url=aws.secured_url, aws_access_key_id="test", aws_secret_access_key="test",
            verify=str(file),
        )  # fmt: skip
        answer = s3.get_object(Bucket="models", Key="release.json")

        assert answer["Body"].read() == b"{}"
        with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urlopen(aws.secured_url)


def test_objects_are_read_with_conditions(aws: Aws) -> None:
    s3 = client(aws, "s3")
    answer = s3.get_object(Bucket="models", Key="release.json")

    assert answer["Body"].read() == b"{}"
    with pytest.raises(ClientError, match="304"):
        s3.get_object(Bucket="models", Key="release.json", IfNoneMatch=answer["ETag"])
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="models", Key="other.json")
