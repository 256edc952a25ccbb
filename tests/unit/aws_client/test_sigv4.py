import calendar
import time
from datetime import UTC, datetime
from unittest.mock import patch

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from aws_client.credentials import Credentials
from aws_client.sigv4 import encode, encode_query, sign
from tests.property.budget import budget

# The keys of AWS's test suite (aws-sig-v4-test-suite) and of the examples in the documentation.
SUITE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
EXAMPLES = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def at(text):
    return calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))


def signature(signed):
    return signed["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "expected"),
    [
        pytest.param(
            "GET", "/", "", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            id="get-vanilla",
        ),
        pytest.param(
            "POST", "/", "", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            id="post-vanilla",
        ),
        pytest.param(
            "GET", "/", encode_query([("Param2", "value2"), ("Param1", "value1")]), {}, b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", id="get-vanilla-query-order-key-case",
        ),
        pytest.param(
            "GET", "/ሴ", "", {}, b"", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", id="get-utf8"
        ),
        pytest.param(
            "GET", "/", "", {"my-header1": "value1", "my-header2": '"a   b   c"'}, b"",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", id="get-header-value-trim",
        ),
        pytest.param(
            "POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}, b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", id="post-x-www-form-urlencoded",
        ),
    ],
)  # fmt: skip
def test_the_vectors_of_awss_own_suite(method, path, query, headers, body, expected):
    signed = sign(
        SUITE, "us-east-1", "service", method=method, path=path, query=query, body=body, now=at("20150830T123600Z"),
        headers={"host": "example.amazonaws.com", **headers},
    )  # fmt: skip
    assert signature(signed) == expected


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "expected"),
    [
        (
            "GET", "/test.txt", {"range": "bytes=0-9"}, b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT", "/test%24file.text",
            {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            b"Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
    ],
)  # fmt: skip
def test_the_examples_of_s3s_documentation(method, path, headers, body, expected):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    signed = sign(
        EXAMPLES, "us-east-1", "s3", method=method, path=path, query="", body=body, now=at("20130524T000000Z"),
        headers={"host": "examplebucket.s3.amazonaws.com", **headers},
    )  # fmt: skip
    assert signature(signed) == expected


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8).map("x-{}".format)


@given(
    service=st.sampled_from(["kinesis", "s3", "sns", "sqs"]),
    token=st.sampled_from(["", "token/+="]),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
    segments=st.lists(words, max_size=3),
    parameters=st.lists(st.tuples(words, words), max_size=3),
    headers=st.dictionaries(names, header_values, max_size=4),
    body=st.binary(max_size=100),
    now=st.integers(0, 4_000_000_000),
)
@budget("signatures")
def test_botocore_signs_the_same_alike(service, token, method, segments, parameters, headers, body, now):
    if service != "s3":  # which alone takes paths as they are; others' are normal before they are signed
        segments = [segment.replace("/", "") for segment in segments if segment.strip("./")]
    path = encode("/" + "/".join(segments), safe="/")
    query, host = encode_query(parameters), f"{service}.eu-central-1.amazonaws.com"
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=headers, data=body)
    keys = BotocoreCredentials("AKID", "secret", token or None)
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    with patch.object(botocore.auth, "get_current_datetime", lambda: datetime.fromtimestamp(now, UTC)):
        signer(keys, service, "eu-central-1").add_auth(request)

    signed = sign(
        Credentials("AKID", "secret", token), "eu-central-1", service,
        method=method, path=path, query=query, headers={"host": host, **headers}, body=body, now=now,
    )  # fmt: skip
    assert signed.pop("host") == host
    assert signed == {name.lower(): value for name, value in request.headers.items()}


def test_the_signing_key_is_of_its_day(monkeypatch):
    made = {"method": "GET", "path": "/", "query": "", "headers": {"host": "h"}, "body": b""}
    signatures = {signature(sign(SUITE, "r", "s", now=now, **made)) for now in (0, 86_399, 86_400)}
    assert len(signatures) == 3


@pytest.mark.parametrize(
    ("text", "encoded"),
    [("a b%25+ü/~", "a%20b%2525%2B%C3%BC%2F~"), ("", ""), ("\x00\n\x7f", "%00%0A%7F"), ('!"#$%', "%21%22%23%24%25")],
)
def test_every_byte_but_the_unreserved_is_encoded_once(text, encoded):
    assert encode(text) == encoded


def test_a_safe_character_stays():
    assert encode("models/a b", safe="/") == "models/a%20b"


def test_credentials_are_not_shown():
    assert "EXAMPLE" not in repr(SUITE) + str(SUITE)
