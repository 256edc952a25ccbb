"""The package of batches: what its handler imports, and nothing of it in the scorer's."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from millrace.packaging import scorer as package
from millrace.packaging.flavour import Flavour
from millrace.packaging.scorer import BATCH, build, host_architecture
from millrace.paths import FUNCTIONS

ENVIRONMENT = {"BATCH_BUCKET": "batches", "MODEL_BUCKET": "models", "MODEL_NAME": "sessions", "AWS_REGION": "eu-west-1"}
# What a Lambda container does, with the package alone: import the handler, and run a task that makes no call.
REFUSED = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import scorer.batch as batch

class Context:
    get_remaining_time_in_millis = lambda self: 30000

try:
    batch.handle({"task": "none"}, Context())
except Exception as error:
    refused = str(error)
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps({"refused": refused, "outside": [path for path in files if "site-packages" in path]}))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> package.Package:
    return build(host_architecture(), entry=BATCH, folder=tmp_path_factory.mktemp("package"))


def test_the_package_alone_runs_tasks(built: package.Package, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(built.path).extractall(folder)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", REFUSED, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT | {"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer == {"refused": "task: expected plan, score or finish, got 'none'", "outside": []}


def test_it_has_no_part_of_the_stream_handler_and_is_within_its_budget(built: package.Package) -> None:
    assert built.path.name == f"batch-{host_architecture()}.zip"
    names = zipfile.ZipFile(built.path).namelist()
    for part in ("scorer/handler.py", "scorer/pipeline.py", "sinks/publisher.py", "http_api/", "scorer/server"):
        assert not [name for name in names if name.startswith(part)], part
    assert built.zipped <= package.budget(Flavour(), BATCH).zipped


def test_the_scorers_package_has_no_part_of_it() -> None:
    """So that its size and its cold start stay what they were."""
    ours = [path.relative_to(FUNCTIONS).as_posix() for path in package._modules()]
    assert not [name for name in ours if name.startswith(("batches/", "scorer/batch.py"))]
