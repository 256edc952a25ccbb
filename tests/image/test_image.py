"""The container image, built by buildah from Debian and this machine's Python, and run by bubblewrap from its files."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from millrace.packaging.native import host_architecture
from millrace.paths import ROOT
from tests.fakes.envelopes import MODEL, event
from tests.fakes.ports import held_port
from tests.fakes.server import BUCKET, ServerProcess, StoreServer

pytestmark = pytest.mark.long(only=True)

FOLDER = ROOT / ".millrace" / "containers"
STORAGE = ("--root", str(FOLDER / "storage"), "--runroot", str(FOLDER / "run"), "--storage-driver", "vfs")
TAG = "localhost/millrace:test"
ISOLATED = (
    "--dev /dev --proc /proc --tmpfs /tmp --unshare-user --unshare-pid --unshare-ipc --die-with-parent --uid 10001 "
    "--gid 10001 --cap-drop ALL --clearenv"
)


@pytest.fixture(scope="module")
def image() -> Iterator[tuple[Path, dict[str, str], list[str]]]:
    """Its file system, environment and entry point."""
    base = subprocess.run([ROOT / "scripts" / "setup_containers", "base"], capture_output=True, text=True, check=False)
    if base.returncode:
        pytest.skip(base.stderr.strip())
    command = [str(ROOT / "scripts" / "image"), TAG, host_architecture(), base.stdout.strip()]
    environment = os.environ | {
        "ENGINE": "buildah",
        "STORAGE": " ".join(STORAGE),
        "BUILD_OPTIONS": "--isolation chroot",
    }
    built = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert built.returncode == 0, built.stderr
    container = buildah("from", TAG)
    try:
        config = json.loads(buildah("inspect", "--type", "image", TAG))["OCIv1"]["config"]
        variables = dict(line.split("=", 1) for line in config["Env"])
        assert config["User"] == "10001:10001"
        yield Path(buildah("mount", container)), variables, config["Entrypoint"]
    finally:
        buildah("rm", container)


def buildah(*arguments: str) -> str:
    return subprocess.run(["buildah", *STORAGE, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def isolated(image: tuple[Path, dict[str, str], list[str]], *arguments: str, **settings: str) -> list[str]:
    """The command that runs the image as an engine would, with a root file system that is read-only."""
    root, variables, entry = image
    if shutil.which("bwrap") is None:
        pytest.skip("no bwrap on the PATH: scripts/setup_containers installs it")
    options = [part for name, value in (variables | settings).items() for part in ("--setenv", name, value)]
    return ["bwrap", "--ro-bind", str(root), "/", *ISOLATED.split(), *options, "--", *entry, *arguments]


def test_it_has_no_shell_compiler_or_package_manager(image):
    root = image[0]
    names = {path.name for path in root.rglob("*")}
    assert names.isdisjoint(
        {"sh", "bash", "dash", "apt", "apt-get", "dpkg", "pip", "pip3", "gcc", "cc", "ld", "perl", "uv"}
    )
    assert not [name for name in names if name.startswith(("ensurepip", "pip-"))]
    assert (root / "usr/local/bin/python3.13").is_file()
    size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    assert size < 160_000_000


def test_its_bill_of_materials_names_every_file_once(image):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator  # seconds, which collecting tests need not take

    root, written = image[0], ROOT / "build" / f"container-{host_architecture()}.cdx.json"
    text = (root / "usr/share/sbom/image.cdx.json").read_text()
    assert written.read_text() == text
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)

    named = [
        (file["name"], file["hashes"][0]["content"]) for part in document["components"] for file in part["components"]
    ]

    there = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    held = [(path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in there]
    assert sorted(named) == sorted(one for one in held if one[0] != "usr/share/sbom/image.cdx.json")
    versions = {part["purl"].partition("@")[0]: part["version"] for part in document["components"] if part.get("purl")}
    assert versions["pkg:generic/python"] == platform.python_version()
    assert versions["pkg:deb/debian/libc6"].startswith("2.36-")
    assert {"pkg:pypi/xgboost-cpu", "pkg:pypi/uvicorn"} <= versions.keys()
    assert all(part["licenses"] for part in document["components"])


@pytest.mark.parametrize("arguments", [(), ("serve",)], ids=["server", "SageMaker"])
def test_it_serves(image, artifact, tmp_path, arguments):
    with StoreServer() as store, held_port() as port:
        store.release(artifact)
        settings = {
            "AWS_ENDPOINT_URL": store.url,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "MODEL_BUCKET": BUCKET,
            "MODEL_NAME": MODEL,
            "RELEASE_POLL_SECONDS": "1",
            "ANONYMOUS": "true",
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
        command = isolated(image, *arguments, **settings)
        server = ServerProcess(store.url, MODEL, tmp_path / "server.log", port, command)
        try:
            server.ready()
            reply = server.predict(event())
            assert reply.status == 200
            assert '"model 1 is evaluated by the native engine"' in server.log.read_text()
            body = json.dumps({"instances": [event(), event(1)]}).encode()
            answered = server.request("POST", "/invocations", body, content_type="application/json")
            assert len(answered.json["predictions"]) == 2
        finally:
            server.process.kill()
            server.process.wait()


def test_it_is_a_lambda_function(image, artifact, tmp_path):
    """Lambda's runtime API hands it one request, and gets the response."""
    request = {
        "httpMethod": "POST",
        "path": "/predict",
        "headers": {"content-type": "application/json"},
        "body": json.dumps(event()),
        "isBase64Encoded": False,
        "requestContext": {},
    }
    answered, posted = threading.Event(), {}

    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if answered.is_set() or posted.setdefault("asked", 0):
                answered.wait(60)
                self.send_response(500)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            posted["asked"] = 1
            body = json.dumps(request).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("lambda-runtime-aws-request-id", "1")
            self.send_header("lambda-runtime-deadline-ms", str(int((time.time() + 60) * 1000)))
            self.send_header(
                "lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:f"
            )
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            posted[self.path] = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()
            answered.set()

        def log_message(self, *_):
            """Nothing."""

    api = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    api.daemon_threads = True
    thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    with StoreServer() as store:
        store.release(artifact)
        settings = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_ENDPOINT_URL": store.url,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "MODEL_BUCKET": BUCKET,
            "MODEL_NAME": MODEL,
            "RELEASE_POLL_SECONDS": "30",
        }
        with (tmp_path / "lambda.log").open("w") as log:
            process = subprocess.Popen(isolated(image, **settings), stdout=log, stderr=log)
        try:
            assert answered.wait(60), (tmp_path / "lambda.log").read_text()
        finally:
            process.kill()
            process.wait()
            api.shutdown()
            thread.join()
            api.server_close()
    (body,) = [body for path, body in posted.items() if path.endswith("/response")] or [b"{}"]
    assert json.loads(body)["statusCode"] == 200, (posted, (tmp_path / "lambda.log").read_text())
