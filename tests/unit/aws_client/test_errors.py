"""Either kind of client may fail: ours, and botocore's, whose classes the function does not have."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from aws_client import errors
from aws_client.errors import answered, describe, error_code, is_failed_call, may_pass, status
from tests.fakes.s3 import client_error


def service_error(code, http_status):
    metadata = {"HTTPStatusCode": http_status}
    return errors.ServiceError({"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": metadata}, "PutRecords")


class NoSuchKey(ClientError):
    """As botocore makes them while it runs, in modules of other names."""

    __module__ = "somewhere.else"


EITHER = pytest.mark.parametrize("make", [service_error, client_error], ids=["ours", "botocore's"])


@EITHER
@pytest.mark.parametrize(
    ("code", "http_status", "passes"),
    [
        ("Throttling", 400, True),
        ("Anything", 500, True),
        ("Anything", 429, True),
        ("AccessDenied", 403, False),
        ("304", 304, False),
    ],
)
def test_aws_answered(make, code, http_status, passes):
    error = make(code, http_status)
    assert (is_failed_call(error), answered(error), may_pass(error)) == (True, True, passes)
    assert (error_code(error), status(error)) == (code, http_status)
    assert describe(error) == f"{code} (HTTP {http_status})"


@pytest.mark.parametrize(
    "error",
    [
        errors.NotConnected("x"),
        errors.TimedOut("x"),
        errors.ConnectionLost("x"),
        errors.Unreadable("x"),
        ReadTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        ResponseParserError("x"),
    ],
    ids=repr,
)
def test_no_answer_may_pass_and_is_described_by_its_kind_alone(error):
    assert (is_failed_call(error), answered(error), may_pass(error)) == (True, False, True)
    assert (error_code(error), status(error), describe(error)) == ("", 0, type(error).__name__)


def test_a_missing_setting_does_not_pass():
    assert not may_pass(errors.NotConfigured("x"))
    assert is_failed_call(errors.NotConfigured("x"))
    assert is_failed_call(NoCredentialsError())


def test_a_class_that_botocore_makes_for_one_error_is_known_by_its_parents():
    error = NoSuchKey({"Error": {"Code": "NoSuchKey"}, "ResponseMetadata": {"HTTPStatusCode": 404}}, "GetObject")
    assert is_failed_call(error)
    assert error_code(error) == "NoSuchKey"


@pytest.mark.parametrize("error", [ValueError("x"), AssertionError("x"), KeyError("x"), OSError("x")], ids=repr)
def test_an_error_of_ones_own_is_no_failed_call(error):
    assert not is_failed_call(error)


def test_an_answer_without_code_or_status_is_one_all_the_same():
    error = ClientError({}, "Operation")
    assert (answered(error), error_code(error), status(error), may_pass(error)) == (True, "", 0, False)
