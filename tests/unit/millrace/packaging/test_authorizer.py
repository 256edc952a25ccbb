"""The authorizer's package: enough for a Lambda container by itself, and in no other package."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from millrace.packaging import authorizer
from millrace.packaging.archive import Package, PackageError
from millrace.packaging.scorer import host_architecture
from tests.fakes.issuer import Issuer

# What a container does: import the handler, and decide on a token.
DECIDE = """
import json, sys
sys.path[:0] = [sys.argv[1]]
from authorizer.handler import handle

print(json.dumps(handle(json.loads(sys.argv[2]), None)))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return authorizer.build(host_architecture(), folder=tmp_path_factory.mktemp("first"))


def test_it_decides_by_itself(built: Package, tmp_path: Path) -> None:
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path)  # Lambda unzips it: compiled libraries load from files only
    with Issuer("https://id.example", "predictions") as issuer:
        event = {"type": "TOKEN", "authorizationToken": f"Bearer {issuer.token()}", "methodArn": "arn:a/live/POST/p"}
        settings = {"JWKS_URL": issuer.keys_url, "JWT_ISSUER": issuer.name, "JWT_AUDIENCE": issuer.audience}
        command = [sys.executable, "-I", "-S", "-c", DECIDE, str(tmp_path), json.dumps(event)]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["context"] == {"iss": "https://id.example", "sub": "u1"}


def test_it_has_nothing_of_the_scorer(built: Package) -> None:
    names = zipfile.ZipFile(built.path).namelist()

    assert "authorizer/handler.py" in names
    tops = {name.split("/")[0] for name in names if not name.startswith("_cffi_backend")}
    assert tops == {"authorizer", "cryptography", "jwt", "records", "telemetry"}


def test_it_is_built_again_only_when_it_changed(built: Package) -> None:
    assert built.built
    assert not authorizer.build(host_architecture(), folder=built.path.parent).built


def test_there_is_no_other_architecture(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="expected one of arm64, x86_64, got 'sparc'"):
        authorizer.build("sparc", folder=tmp_path)
