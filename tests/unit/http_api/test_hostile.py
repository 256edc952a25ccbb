"""Requests that are made to cost much, or to be misread: each is answered, at a cost that its size bounds."""

import gzip
import json
import struct

import pytest

from http_api.messages import HttpRequest
from http_api.settings import HttpSettings
from records import gunzip
from scoring.engine import NATIVE, PYTHON
from tests.fakes import artifacts
from tests.fakes.envelopes import MODEL, event
from tests.fakes.http_endpoint import FakeEndpoint, post

EVENT = json.dumps(event()).encode()
INFER = f"/v2/models/{MODEL}/infer"
MOST = 8


@pytest.fixture(scope="module", params=[NATIVE, PYTHON])
def endpoint(request):
    settings = HttpSettings(public_page=True, health_routes=True, max_events=MOST)
    return FakeEndpoint(artifacts.artifact(), settings=settings, engine=request.param)


def refusal(response):
    found = json.loads(response.body)
    return response.status, found["code"], found["path"]


@pytest.mark.parametrize("space", [b" " * 63, b" " * 64, b"\r\n\t " * 5000])
@pytest.mark.parametrize(("body", "count"), [(EVENT, 1), (b"[%b,%b]" % (EVENT, EVENT), 2), (b"[ %b ]" % EVENT, 1)])
def test_white_space_before_a_body_changes_nothing(endpoint, space, body, count):
    response = endpoint.post("/predict", space + body + space)
    assert response.status == 200, response.body
    found = json.loads(response.body)
    assert len(found.get("predictions", [found])) == count


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "INVALID_JSON"),
        (b"\xff" + EVENT, "INVALID_UTF8"),
        (b"\xef\xbb\xbf" + EVENT, "INVALID_JSON"),
        (EVENT.decode().encode("utf-16"), "INVALID_UTF8"),
        (b"[" * 200_000, "INVALID_JSON"),
        (b'{"features":' * 200_000, "INVALID_JSON"),
        (b'{"features":{"pages":NaN}}', "INVALID_JSON"),
        (b'{"features":{"pages":1e999}}', "NON_FINITE"),
        (b'{"features":{"pages":' + b"9" * 100_000 + b"}}", "NON_FINITE"),
        (b'{"features":{"pages":1,"pages":1}}', "DUPLICATE_KEY"),
        (b'{"features":{"pages":1,"p\\u0061ges":1}}', "DUPLICATE_KEY"),
        (EVENT + EVENT, "INVALID_JSON"),
        (EVENT + b"\0", "INVALID_JSON"),
        (b"null", "NOT_AN_OBJECT"),
        (b"[]", "WRONG_SHAPE"),
        (b"[null]", "WRONG_SHAPE"),
        (b"[[]]", "WRONG_SHAPE"),
        (b"[%b" % EVENT, "INVALID_JSON"),
        (b"[%b]]" % EVENT, "INVALID_JSON"),
    ],
)
def test_a_body_that_is_no_event(endpoint, body, code):
    response = endpoint.post("/predict", body)
    assert (response.status, json.loads(response.body)["code"]) == (400, code)


def test_no_more_of_a_list_is_read_than_decides(endpoint):
    """A body of a million events is refused by its ninth."""
    response = endpoint.post("/predict", b"[" + b"{}," * MOST + b"{}, and what is no JSON")
    assert refusal(response) == (413, "TOO_MANY_EVENTS", "")


def test_a_compressed_body_that_grows_beyond_the_limit_is_too_large(endpoint):
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(bomb) < 20_000
    assert refusal(endpoint.post("/predict", bomb, content_encoding="gzip")) == (413, "TOO_LARGE", "")


def test_members_of_gzip_are_limited_because_each_costs_time(endpoint):
    empty = gzip.compress(b"")
    sent = gzip.compress(EVENT[:20]) + empty * 3 + gzip.compress(EVENT[20:])
    assert endpoint.post("/predict", sent, content_encoding="gzip").status == 200
    many = empty * (2 * gunzip.MOST_MEMBERS)
    assert refusal(endpoint.post("/predict", many, content_encoding="gzip")) == (400, "INVALID_GZIP", "")


def tensor(shape, data, name="pages", datatype="INT64", **members):
    return {"name": name, "datatype": datatype, "shape": shape, "data": data, **members}


@pytest.mark.parametrize(
    "shape",
    [
        [2**62, 2**62],
        [-1],
        [-2, -1],
        [2, 1, 10**4000],
        [9] * 500_000,
        [1] * 500_000 + [2],
        [2, 0],
        [0, 2],
        [2.0],
        [True, 2],
        ["2"],
        [None],
        [[2]],
        [],
        [3],
    ],
    ids=lambda shape: f"{len(shape)} sizes",
)
def test_a_shape_that_is_not_that_of_the_data(endpoint, shape):
    response = endpoint.post(INFER, {"inputs": [tensor(shape, [3, 4])]})
    assert refusal(response) == (400, "WRONG_SHAPE", "/inputs/0/shape")


def test_tensors_without_values_are_refused(endpoint):
    """Each would be looked at for each row."""
    sent = [tensor([2], [3, 4]), *(tensor([2, 0], [], name=f"t{i}") for i in range(3))]
    assert refusal(endpoint.post(INFER, {"inputs": sent})) == (400, "WRONG_SHAPE", "/inputs/1/shape")


def test_sizes_of_one_change_nothing(endpoint):
    response = endpoint.post(INFER, {"inputs": [tensor([2, *[1] * 20], [3, 4])]})
    assert response.status == 200
    assert json.loads(response.body)["outputs"][0]["shape"] == [2]


def binary(raw, *sizes, datatype="INT64", shape=(2,), length=None):
    """An inference request with tensors in bytes. sizes : what each says that it has."""
    common = {"datatype": datatype, "shape": list(shape)}
    inputs = [
        common | {"name": f"pages{i or ''}", "parameters": {"binary_data_size": size}} for i, size in enumerate(sizes)
    ]
    text = json.dumps({"inputs": inputs}).encode()
    headers = {"inference-header-content-length": str(len(text) if length is None else length)}
    return HttpRequest("POST", INFER, {}, headers, text + raw)


TWO = struct.pack("<2q", 3, 4)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (binary(TWO, 15), "WRONG_SHAPE"),
        (binary(TWO, 17), "WRONG_SHAPE"),
        (binary(TWO, -16), "WRONG_SHAPE"),
        (binary(TWO, 2**70), "WRONG_SHAPE"),
        (binary(TWO, 16.0), "WRONG_SHAPE"),
        (binary(TWO, True), "WRONG_SHAPE"),
        (binary(TWO, "16"), "WRONG_SHAPE"),
        (binary(TWO, 8, 8), "WRONG_SHAPE"),
        (binary(TWO + b"x", 16), "WRONG_SHAPE"),
        (binary(b"", 0), "WRONG_SHAPE"),
        (binary(TWO, 16, shape=(2**62,)), "WRONG_SHAPE"),
        (binary(TWO, 16, datatype="INT32"), "WRONG_SHAPE"),
        (binary(struct.pack("<I", 2**32 - 1) + b"x", 5, datatype="BYTES"), "WRONG_SHAPE"),
        (binary(b"\1\0\0\0\xff\0\0\0\0", 9, datatype="BYTES"), "INVALID_UTF8"),
        (binary(TWO, 16, length=-1), "INVALID_HEADER"),
        (binary(TWO, 16, length="0x10"), "INVALID_HEADER"),
        (binary(TWO, 16, length="²"), "INVALID_HEADER"),
        (binary(TWO, 16, length=10**8), "INVALID_HEADER"),
        (binary(TWO, 16, length=0), "INVALID_JSON"),
    ],
)
def test_binary_tensors_of_wrong_sizes(endpoint, request_, code):
    response = endpoint.send(request_)[0]
    assert (response.status, json.loads(response.body)["code"]) == (400, code), response.body


def test_a_tensor_has_its_values_once(endpoint):
    """Data in both forms leaves open which counts."""
    text = json.dumps({"inputs": [tensor([2], [3, 4], parameters={"binary_data_size": 16})]}).encode()
    headers = {"inference-header-content-length": str(len(text))}
    response = endpoint.send(HttpRequest("POST", INFER, {}, headers, text + TWO))[0]
    assert refusal(response) == (400, "WRONG_SHAPE", "/inputs/0")


@pytest.mark.parametrize(
    "headers",
    [
        {"idempotency_key": ""},
        {"idempotency_key": "a b"},
        {"idempotency_key": "a\r\nx: y"},
        {"idempotency_key": "\u00e9"},
        {"idempotency_key": "x" * 256},
        {"millrace_partition_key": "x" * 257},
        {"millrace_partition_key": "\x7f"},
    ],
)
def test_a_key_that_is_no_key(endpoint, headers):
    assert refusal(endpoint.post("/predict", event(), **headers)) == (400, "INVALID_HEADER", "")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("application/json;" + "x" * 60_000, 200),
        ("application/xml", 415),
        ("multipart/form-data", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json, text/csv", 415),
    ],
)
def test_the_type_of_a_body(endpoint, content_type, status):
    assert endpoint.post("/predict", event(), content_type=content_type).status == status


@pytest.mark.parametrize("accept", ["application/xml", "text/html", ",".join(["x/y"] * 10_000)])
def test_an_answer_that_is_not_served(endpoint, accept):
    assert refusal(endpoint.post("/predict", event(), accept=accept)) == (406, "NOT_ACCEPTABLE", "")


PATHS = ("/predict/", "//predict", "/../predict", "/v2/models/", "/v2/models//infer", "/\0", "")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_what_it_is(endpoint, path):
    assert refusal(endpoint.post(path, event())) == (404, "NOT_FOUND", "")


def test_one_key_gives_many_events_ids_of_their_own(endpoint):
    sent = [post("/predict", [event()] * MOST, idempotency_key=key) for key in ("k", "k", "k|0", "k%7C0")]
    ids = [
        [one["prediction_id"] for one in json.loads(response.body)["predictions"]] for response in endpoint.send(*sent)
    ]
    assert ids[0] == ids[1]
    assert len({one for found in ids for one in found}) == 3 * MOST
