"""The package of the HTTP endpoint: what its handler imports, and nothing of it in the scorer's."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from millrace.packaging import native
from millrace.packaging import scorer as package
from millrace.packaging.flavour import Flavour
from millrace.packaging.scorer import HTTP, build, host_architecture
from millrace.paths import FUNCTIONS
from model_store.verify import verify
from tests.fakes import artifacts, onnx_models
from tests.fakes.envelopes import event

ENVIRONMENT = {
    "MODEL_BUCKET": "models",
    "MODEL_NAME": "sessions",
    "RELEASE_POLL_SECONDS": "30",
    "SHADOW_SINK_TYPE": "kinesis",
    "SHADOW_SINK_TARGET": "arn:aws:kinesis:eu-central-1:123456789012:stream/shadow",
    "DRIFT_BUCKET": "evaluation",
    "DRIFT_SECONDS": "300",
    "CAPTURE_BUCKET": "captured",
    "CAPTURE_SECONDS": "60",
    "CAPTURE_SHARE": "1",
}

# What a Lambda container does, with the package alone: import the handler, verify a model, and answer a request.
ANSWER = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import scorer.http_handler as http_handler
from pathlib import Path
from http_api.variant import HttpVariant
from model_store.artifact import Artifact
from model_store.release import Pointer, Release
from model_store.verify import verify
from serving.models import Serving

service = http_handler.build(json.loads(sys.argv[3]))
artifact = Artifact.read(Path(sys.argv[2]))
variant = HttpVariant("champion", artifact.manifest, verify(artifact))
serving = Serving(Release(Pointer("1", "", "", ""), "2026-01-02T03:04:05.000Z"), {"champion": variant})
service._models.serving = lambda deadline: serving
service._models.refresh = lambda deadline: None
service._drift = None

class Context:
    aws_request_id, function_version = "r", "1"
    get_remaining_time_in_millis = lambda self: 30000

request = {"version": "2.0", "rawPath": "/predict", "headers": {}, "body": sys.argv[4],
           "requestContext": {"http": {"method": "POST"}}}
response = http_handler.invoke(service, request, Context())
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
outside = [path for path in files if "site-packages" in path]
print(json.dumps({"response": response, "modules": sorted(sys.modules), "outside": outside}))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(host_architecture(), entry=HTTP, folder=tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def answered(built, tmp_path_factory):
    return answer_of(built, artifacts.artifact(), event(), tmp_path_factory.mktemp("answered"))


def answer_of(built, artifact, request, place):
    """ANSWER in a Python that has nothing but the package."""
    folder, model = place / "task", place / "model"
    zipfile.ZipFile(built.path).extractall(folder)
    artifact.write(model)
    arguments = [str(folder), str(model), json.dumps(ENVIRONMENT), json.dumps(request)]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", ANSWER, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": "eu-central-1", "PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_package_alone_answers_a_request(built, answered):
    assert built.path.name == f"http-{host_architecture()}.zip"
    assert answered["response"]["statusCode"] == 200
    assert json.loads(answered["response"]["body"])["event_id"] == "e-0"
    assert answered["outside"] == []


def test_it_has_no_part_of_the_stream_handler(built, answered):
    names = zipfile.ZipFile(built.path).namelist()
    for part in (
        "scorer/handler.py",
        "scorer/pipeline.py",
        "sinks/publisher.py",
        "sinks/quarantine.py",
        "scorer/server",
        "sources/",
    ):
        assert not [name for name in names if name.startswith(part)], part
    folders = {name.partition("/")[0] for name in names} - {"xgboost", "xgboost_cpu.libs"}
    assert folders <= set(answered["modules"])


def test_it_is_within_its_budget(built):
    assert built.zipped <= package.budget(Flavour(), HTTP).zipped


def test_the_scorers_package_has_no_part_of_the_endpoint():
    """So that its size and its cold start stay what they were."""
    ours = [path.relative_to(FUNCTIONS).as_posix() for path in package._modules()]
    assert not [name for name in ours if name.startswith(("http_api/", "scorer/http", "scorer/server"))]
    code = f"import sys; sys.path.insert(0, {str(FUNCTIONS)!r}); import scorer.handler; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-SEB", "-c", code], capture_output=True, text=True, check=True)
    assert not [name for name in done.stdout.split() if name.startswith("http_api")]


def test_with_onnx_it_answers_for_a_model_of_that_framework(tmp_path):
    built = build(host_architecture(), Flavour(onnx=True), entry=HTTP, folder=tmp_path)
    assert built.path == tmp_path / f"http-{host_architecture()}-onnx.zip"
    artifact, row = onnx_models.artifact(), onnx_models.rows(1, seed=4)
    request = {"event_id": "e-0", "features": {f"x{i}": float(value) for i, value in enumerate(row[0])}}
    answer = answer_of(built, artifact, request, tmp_path)
    assert answer["response"]["statusCode"] == 200
    score = json.loads(answer["response"]["body"])["score"]
    assert score == verify(artifact).predict(row.tobytes(), 1)[0]
    assert answer["outside"] == []


def test_without_xgboost_it_is_another_package(tmp_path):
    if native.trouble():
        pytest.skip(f"needs the native engine: {native.trouble()}")
    flavour = Flavour(xgboost=False)
    built = build(host_architecture(), flavour, entry=HTTP, folder=tmp_path)
    assert built.path == tmp_path / f"http-{host_architecture()}-without-xgboost.zip"
    assert built.zipped <= package.budget(flavour, HTTP).zipped
    folders = {name.partition("/")[0] for name in zipfile.ZipFile(built.path).namelist()}
    assert folders <= {path.name for path in FUNCTIONS.iterdir()}, "no library is in it"
