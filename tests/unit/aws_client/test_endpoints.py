import pytest

from aws_client.credentials import Credentials
from aws_client.endpoints import Origin, arn_region, endpoint, region_of
from aws_client.errors import NotConfigured


@pytest.mark.parametrize(
    ("service", "region", "host"),
    [
        ("kinesis", "eu-central-1", "kinesis.eu-central-1.amazonaws.com"),
        ("s3", "us-east-1", "s3.us-east-1.amazonaws.com"),
        ("sns", "us-gov-west-1", "sns.us-gov-west-1.amazonaws.com"),
        ("sqs", "cn-north-1", "sqs.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_awss_own_hosts_in_each_partition(service, region, host):
    assert endpoint(service, region, {}) == (Origin("https", host, 443), region, False)


def test_a_services_own_variable_goes_before_the_one_for_all():
    environment = {"AWS_ENDPOINT_URL": "http://localhost:4566/", "AWS_ENDPOINT_URL_SQS": "https://sqs.example"}
    assert endpoint("s3", "r", environment).origin == Origin("http", "localhost", 4566)
    assert endpoint("sqs", "r", environment).origin == Origin("https", "sqs.example", 443)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTP://LocalHost:4566", Origin("http", "localhost", 4566)),
        ("https://[2001:db8::1]:8443/", Origin("https", "2001:db8::1", 8443)),
        ("http://[::1]", Origin("http", "::1", 80)),
        ("http://127.0.0.1:", Origin("http", "127.0.0.1", 80)),
    ],
)
def test_endpoints_that_are_written_otherwise(url, origin):
    assert endpoint("s3", "r", {"AWS_ENDPOINT_URL": url}).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "localhost:4566",
        "ftp://localhost",
        "http://",
        "http://localhost:port",
        "http://localhost/path",
        "http://[::1",
        "http://[::1]4566",
        "http://::1",
        "http://localhost:65536",
        "http://localhost:-1",
        "http://user@localhost",
        "http://localhost?a=b",
        "http://local host",
        "http:///",
        "http://localhost//",
        "http://localhost:٤",
    ],
)
def test_what_is_no_endpoint_is_refused(url):
    with pytest.raises(NotConfigured, match="AWS_ENDPOINT_URL"):
        endpoint("s3", "r", {"AWS_ENDPOINT_URL": url})


@pytest.mark.parametrize(
    ("origin", "authority"),
    [
        (Origin("https", "h", 443), "h"),
        (Origin("http", "h", 80), "h"),
        (Origin("http", "h", 443), "h:443"),
        (Origin("http", "::1", 4566), "[::1]:4566"),
    ],
)
def test_the_header_host_has_the_port_where_it_is_another(origin, authority):
    assert origin.authority == authority


@pytest.mark.parametrize(
    ("bucket", "host", "path"),
    [
        ("models-1", "models-1.s3.eu-central-1.amazonaws.com", "/a/b"),
        ("my.models", "s3.eu-central-1.amazonaws.com", "/my.models/a/b"),
        ("Old_Bucket", "s3.eu-central-1.amazonaws.com", "/Old_Bucket/a/b"),
    ],
)
def test_a_bucket_is_a_host_of_its_own_where_its_name_allows(bucket, host, path):
    assert endpoint("s3", "eu-central-1", {}).bucket(bucket, "a/b") == (Origin("https", host, 443), path)


def test_a_custom_endpoint_has_all_buckets_below_one_host():
    custom = endpoint("s3", "eu-central-1", {"AWS_ENDPOINT_URL_S3": "http://localhost:4566"})
    assert custom.bucket("models", "a") == (Origin("http", "localhost", 4566), "/models/a")


def test_the_region_is_the_functions():
    assert region_of({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}) == "a"
    assert region_of({"AWS_DEFAULT_REGION": "b"}) == "b"
    with pytest.raises(NotConfigured, match="AWS_REGION"):
        region_of({"AWS_REGION": ""})


@pytest.mark.parametrize(
    ("arn", "region"),
    [
        ("arn:aws:kinesis:eu-west-1:1:stream/x", "eu-west-1"),
        ("arn:aws:sns::1:x", "here"),
        ("arn", "here"),
        ("", "here"),
    ],
)
def test_an_arn_names_its_own_region(arn, region):
    assert arn_region(arn, "here") == region


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_missing_credentials_are_named(environment, missing):
    with pytest.raises(NotConfigured, match=missing):
        Credentials.from_environment(environment | {missing: ""})
