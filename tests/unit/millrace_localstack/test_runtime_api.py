"""The Runtime API as a function's process sees it: over HTTP, with the client that the process uses."""

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from millrace_localstack.plugin.functions.bootstrap import RuntimeClient
from millrace_localstack.plugin.functions.runtime_api import (
    Answered,
    InitFailed,
    Invocation,
    RuntimeApi,
    Started,
)

INVOCATION = Invocation("r-1", "arn:aws:lambda:us-east-1:0:function:f", b'{"x": 1}', "Root=1-5759", 1_700_000_000.5)


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    yield api
    api.close()


@pytest.fixture
def client(api: RuntimeApi) -> Iterator[RuntimeClient]:
    client = RuntimeClient(api.address)
    client.initialize_client("test")
    yield client
    client._connection.close()


def post(api: RuntimeApi, path: str, body: bytes = b"{}") -> int:
    connection = http.client.HTTPConnection(api.address)
    try:
        connection.request("POST", f"/2018-06-01/runtime/{path}", body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_first_request_for_work_tells_of_the_start(api: RuntimeApi, client: RuntimeClient) -> None:
    began = time.monotonic()
    api.submit(INVOCATION)
    client.next()

    report = api.reports.get(timeout=30)

    assert isinstance(report, Started)
    assert report.at >= began


def test_an_invocation_goes_there_and_back(api: RuntimeApi, client: RuntimeClient) -> None:
    api.submit(INVOCATION)
    payload, headers = client.next()

    assert payload == b'{"x": 1}'
    assert headers["Lambda-Runtime-Aws-Request-Id"] == "r-1"
    assert headers["Lambda-Runtime-Deadline-Ms"] == 1_700_000_000_500  # a number, as the native client gives it
    assert headers["Lambda-Runtime-Invoked-Function-Arn"] == INVOCATION.function_arn
    client.post_invocation_result("r-1", b'"done"', "application/json")
    api.reports.get(timeout=30)
    assert api.reports.get(timeout=30) == Answered("r-1", b'"done"', False)


def test_an_error_is_reported_as_one(api: RuntimeApi, client: RuntimeClient) -> None:
    api.submit(INVOCATION)
    client.next()
    client.post_error("r-1", '{"errorType": "ValueError"}', "")

    api.reports.get(timeout=30)
    assert api.reports.get(timeout=30) == Answered("r-1", b'{"errorType": "ValueError"}', True)


def test_work_that_comes_later_is_waited_for(api: RuntimeApi, client: RuntimeClient) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.next)
        assert isinstance(api.reports.get(timeout=30), Started)
        api.submit(INVOCATION)
        assert waiting.result(30)[0] == b'{"x": 1}'


def test_a_failed_init_is_reported_with_its_body(api: RuntimeApi) -> None:
    assert post(api, "init/error", b'{"errorType": "ImportError"}') == http.HTTPStatus.ACCEPTED
    assert api.reports.get(timeout=30) == InitFailed(b'{"errorType": "ImportError"}')


def test_an_answer_to_another_invocation_is_refused(api: RuntimeApi, client: RuntimeClient) -> None:
    api.submit(INVOCATION)
    client.next()

    assert post(api, "invocation/r-0/response") == http.HTTPStatus.BAD_REQUEST
    with pytest.raises(RuntimeError, match="400"):
        client.post_invocation_result("r-0", b"{}", "application/json")


def test_an_answer_counts_once(api: RuntimeApi, client: RuntimeClient) -> None:
    api.submit(INVOCATION)
    client.next()

    assert post(api, "invocation/r-1/response") == http.HTTPStatus.ACCEPTED
    assert post(api, "invocation/r-1/response") == http.HTTPStatus.BAD_REQUEST


def test_other_paths_are_not_there(api: RuntimeApi) -> None:
    assert post(api, "restore/error") == http.HTTPStatus.NOT_FOUND


def test_large_payloads_pass(api: RuntimeApi, client: RuntimeClient) -> None:
    payload = b'"' + b"x" * 6_000_000 + b'"'  # Lambda's limit for a synchronous invocation
    api.submit(Invocation("r-2", "arn", payload, "", 0))
    assert client.next()[0] == payload

    client.post_invocation_result("r-2", payload, "application/json")
    api.reports.get(timeout=30)
    answer = api.reports.get(timeout=30)
    assert isinstance(answer, Answered)
    assert answer.body == payload
