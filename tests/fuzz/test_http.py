"""The endpoint keeps its OpenAPI document: schemathesis finds nothing, whatever it sends."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from http_api.settings import HttpSettings
from millrace.paths import ROOT
from tests.fakes import artifacts
from tests.fakes.envelopes import MODEL
from tests.fakes.http_endpoint import FakeEndpoint
from tests.fakes.http_serving import serving
from tests.fakes.server import StoreServer, served
from tests.scale import HTTP_EXAMPLES, HTTP_PHASES, HTTP_REQUESTS

SETTINGS = HttpSettings(public_page=True, health_routes=True, max_events=8)
CONFIG = Path(__file__).with_name("http") / "schemathesis.toml"


ALONE = ("predict", "invocations", "infer")
# The operations of each run.
GROUPS = {name: ("--include-operation-id", name) for name in ALONE} | {
    "others": tuple(option for name in ALONE for option in ("--exclude-operation-id", name))
}


def schemathesis(url: str, folder: Path, *options: str) -> tuple[int, str]:
    """The exit code, and what it prints, in lines of a readable length."""
    command = [
        ROOT / ".venv" / "bin" / "st", "--config-file", CONFIG, "run", f"{url}/openapi.json", "--no-color",
        "--phases", HTTP_PHASES, "--seed", "1", "--generation-database", "none",
        "--max-examples", str(HTTP_EXAMPLES), *options,
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.http.hooks", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, "\n".join(line[:400] for line in (done.stdout + done.stderr).splitlines())


@pytest.mark.long
@pytest.mark.parametrize("operations", GROUPS)
def test_schemathesis_finds_nothing(tmp_path: Path, operations: str, record_property: Any) -> None:
    with StoreServer() as store:
        store.release(artifacts.artifact())
        with served(store.url, MODEL, tmp_path / "server.log", PUBLIC_PAGE="true", MAX_EVENTS="8") as server:
            server.ready()
            before = server.metric("millrace_request_seconds_count")
            code, said = schemathesis(f"http://127.0.0.1:{server.port}", tmp_path, *GROUPS[operations])
            counted = int(server.metric("millrace_request_seconds_count") - before)
            assert server.stop() == 0
        assert [line for line in server.lines if line["level"] == "ERROR"] == []
    assert code == 0, said
    record_property("figures", f"HTTP server, {operations}: schemathesis sent {counted:,} requests, 0 findings")
    assert counted >= HTTP_REQUESTS, said


def test_it_would_find_a_document_that_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from http_api import openapi

    whole = openapi.document

    def wrong(*arguments: Any) -> Any:
        made = whole(*arguments)
        made["components"]["schemas"]["Event"]["properties"]["features"]["properties"]["pages"] = {"type": "string"}
        return made

    monkeypatch.setattr(openapi, "document", wrong)
    with serving(FakeEndpoint(artifacts.artifact(), settings=SETTINGS)) as url:
        code, said = schemathesis(url, tmp_path, "--include-operation-id", "predict", "--max-failures", "1")
    assert code == 1
    assert re.search("ST20[12]", said), said


NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
COLUMNS: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "pages": ("INT64", st.integers(-(2**63), 2**63 - 1)),
    "spend": ("FP32", st.none() | NUMBERS),
    "returning": ("BOOL", st.none() | st.booleans()),
    "device": ("BYTES", st.none() | st.sampled_from(artifacts.FEATURES[3].categories)),
    "referrer": ("BYTES", st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
}


@st.composite
def tensors(draw: st.DrawFn) -> dict[str, Any]:
    """A valid request, in any order of its tensors; of those that may be missing, some are."""
    rows = draw(st.integers(1, SETTINGS.max_events))
    names = draw(st.permutations(["pages", *draw(st.sets(st.sampled_from(list(COLUMNS)[1:])))]))
    inputs = []
    for name in names:
        datatype, values = COLUMNS[name]
        data: list[Any] = draw(st.lists(values, min_size=rows, max_size=rows))
        shape, nested = ([rows, 1], [[value] for value in data]) if draw(st.booleans()) else ([rows], data)
        inputs.append({"name": name, "datatype": datatype, "shape": shape, "data": nested})
    return {"inputs": inputs}


@pytest.fixture(scope="module")
def endpoint() -> FakeEndpoint:
    return FakeEndpoint(artifacts.artifact(), settings=SETTINGS)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sent=tensors())
def test_every_valid_request_of_tensors_is_answered(endpoint: FakeEndpoint, sent: dict[str, Any]) -> None:
    response = endpoint.post("/v2/models/sessions/infer", sent)
    assert response.status == 200, response.body
    outputs = {one["name"]: one for one in json.loads(response.body)["outputs"]}
    assert outputs["score"]["shape"] == sent["inputs"][0]["shape"][:1]
