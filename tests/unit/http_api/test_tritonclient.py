"""tritonclient, as it is installed, against the endpoint: with binary tensors, as it sends them by default."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from tests.fakes import artifacts
from tests.fakes.http_endpoint import FakeEndpoint
from tests.fakes.http_serving import serving

ROWS = 7
COLUMNS: dict[str, Any] = {
    "pages": np.arange(1, ROWS + 1, dtype=np.int64),
    "spend": np.array([12.5, np.nan, 0.0, 3.25, 100.0, 7.0, np.nan], np.float32),
    "returning": np.array([True, False] * 3 + [True]),
    "device": np.array(["desktop", "mobile", "tablet"] * 2 + ["mobile"], object),
    "referrer": np.array(["ads", "search", "other"] * 2 + ["ads"], object),
}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with serving(FakeEndpoint(artifacts.artifact())) as url:
        made = triton.InferenceServerClient(url.removeprefix("http://"), concurrency=2)
        yield made
        made.close()


def inputs(binary: bool = True, **columns: Any) -> list[Any]:
    made = []
    for name, values in (COLUMNS | columns).items():
        one = triton.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
        # JSON has no NaN: null there, which tritonclient cannot write.
        one.set_data_from_numpy(values if binary or values.dtype != np.float32 else np.nan_to_num(values), binary)
        made.append(one)
    return made


def expected() -> np.ndarray:
    codes = [
        COLUMNS["pages"], COLUMNS["spend"], COLUMNS["returning"],
        [["desktop", "mobile", "tablet"].index(text) for text in COLUMNS["device"]],
        [{"ads": 0, "search": 1}.get(text, np.nan) for text in COLUMNS["referrer"]],
    ]  # fmt: skip
    rows = np.column_stack(codes).astype(np.float32)
    return artifacts.booster("binary").inplace_predict(rows)


def test_it_is_live_and_ready(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sessions")
    assert client.is_model_ready("sessions", "1")
    assert not client.is_model_ready("sessions", "2")


def test_metadata_names_the_tensors(client: Any) -> None:
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    found = client.get_model_metadata("sessions")
    assert [one["name"] for one in found["inputs"]] == list(COLUMNS)
    types = {one["name"]: one["datatype"] for one in found["inputs"]}
    assert types == {name: np_to_triton_dtype(values.dtype) for name, values in COLUMNS.items()}


def test_binary_tensors_give_the_librarys_scores(client: Any) -> None:
    result = client.infer("sessions", inputs(), request_id="r-1")
    assert result.as_numpy("score") == pytest.approx(expected(), rel=1e-6)
    assert result.get_response()["id"] == "r-1"
    labels = [label.decode() for label in result.as_numpy("label")]
    assert labels == ["yes" if score >= 0.5 else "no" for score in expected()]
    assert {len(one) for one in result.as_numpy("prediction_id")} == {64}


def test_json_tensors_give_the_same(client: Any) -> None:
    spend = np.nan_to_num(COLUMNS["spend"])
    binary, plain = (client.infer("sessions", inputs(kind, spend=spend)) for kind in (True, False))
    assert (binary.as_numpy("score") == plain.as_numpy("score")).all()


@pytest.mark.parametrize("binary", [True, False])
def test_the_outputs_that_are_asked_for_come(client: Any, binary: bool) -> None:
    asked = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("label", "attributions")]
    result = client.infer("sessions", inputs(), outputs=asked)
    assert result.as_numpy("score") is None
    assert len(result.as_numpy("label")) == len(result.as_numpy("attributions")) == ROWS


def test_a_version_is_asked_for_by_its_name(client: Any) -> None:
    assert client.infer("sessions", inputs(), model_version="1").get_response()["model_version"] == "1"
    with pytest.raises(InferenceServerException, match="NO_SUCH_VERSION"):
        client.infer("sessions", inputs(), model_version="9")


def test_an_error_says_what_is_wrong(client: Any) -> None:
    device = np.array(["fridge"] * ROWS, object)
    with pytest.raises(InferenceServerException, match="UNKNOWN_CATEGORY at /inputs/3/data/0") as caught:
        client.infer("sessions", inputs(device=device))
    assert caught.value.status() == "400"


@pytest.mark.parametrize("algorithm", ["gzip", None])
def test_compressed_requests_are_read(client: Any, algorithm: str | None) -> None:
    result = client.infer("sessions", inputs(), request_compression_algorithm=algorithm)
    assert len(result.as_numpy("score")) == ROWS


def test_requests_at_once_are_answered_each(client: Any) -> None:
    pending = [client.async_infer("sessions", inputs(), request_id=str(i)) for i in range(8)]
    assert [one.get_result().get_response()["id"] for one in pending] == [str(i) for i in range(8)]
