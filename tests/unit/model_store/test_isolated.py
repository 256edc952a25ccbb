import json
import os
import subprocess
import sys
from copy import replace
from pathlib import Path

import pytest

import inputs
import model_store
import native
import predictors
import records
from model_store import isolated
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused, NotInTime
from model_store.manifest import ModelFile
from model_store.store import ModelStore
from predictors.xgboost import UBJ_FILE
from predictors.xgboost import native_forest as predictor
from predictors.xgboost.booster import library_path
from tests.fakes import artifacts


def refusal(artifact, **options):
    with pytest.raises(ArtifactRefused) as caught:
        isolated.check(artifact, **options)
    return caught.value


def child(monkeypatch, code):
    """Let the child run other code in place of the checks."""
    monkeypatch.setattr(isolated, "_CHILD", ("-S", "-P", "-c", code))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "categorical"])
def test_a_good_artifact_passes(kind):
    isolated.check(artifacts.artifact(kind))


def test_a_refusal_comes_back_as_it_was_told(artifact):
    error = refusal(Artifact(artifact.manifest, artifact.model[:-1]))
    assert (error.check, f"got {len(artifact.model) - 1}" in error.detail) == ("size", True)
    cut = artifact.model[:-1]
    error = refusal(Artifact(replace(artifact.manifest, file=ModelFile.of(cut, UBJ_FILE)), cut))
    assert error.check == "structure"


def test_a_manifest_that_does_not_read_back_is_refused(artifact):
    rows = tuple(replace(row, scores=(0.5, 0.5)) for row in artifact.manifest.golden_rows)
    error = refusal(Artifact(replace(artifact.manifest, golden_rows=rows), artifact.model))
    assert (error.check, "golden_rows[0]" in error.detail) == ("manifest", True)


@pytest.mark.parametrize("signal", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_file_that_kills_the_process_is_refused_by_the_load_check(monkeypatch, artifact, signal):
    child(monkeypatch, f"import os, signal; os.kill(os.getpid(), signal.{signal})")
    error = refusal(artifact)
    assert (error.check, "was ended by signal" in error.detail) == ("load", True)


def test_a_file_that_never_ends_loading_is_refused(monkeypatch, artifact):
    child(monkeypatch, "import threading; threading.Event().wait()")
    monkeypatch.setattr(isolated, "START_SECONDS", 0.5)
    error = refusal(artifact, timeout=60.0)
    assert (error.check, "within 0.5" in error.detail) == ("load", True)


def test_a_child_that_the_callers_time_does_not_suffice_for_says_nothing_of_the_artifact(monkeypatch, artifact):
    child(monkeypatch, "import threading; threading.Event().wait()")
    with pytest.raises(NotInTime, match=r"version 1 to load within 0\.5 s .* raise the function's memory or timeout"):
        isolated.check(artifact, timeout=0.5)


def test_a_child_that_fails_otherwise_refuses_with_its_last_words(monkeypatch, artifact):
    child(monkeypatch, "raise MemoryError('no more')")
    error = refusal(artifact)
    assert (error.check, error.detail) == ("load", "the process that loads ended with code 1: MemoryError: no more")


def test_where_no_child_can_be_started_nothing_is_said_of_the_artifact(monkeypatch, artifact):
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(FileNotFoundError):
        isolated.check(artifact)


def test_the_child_has_no_credentials(monkeypatch, artifact):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "TMPDIR"):
        monkeypatch.setenv(name, "secret")
    seen = "import json, os, sys; print(json.dumps({'check': 'seen', 'detail': dict(os.environ)})); sys.exit(3)"
    child(monkeypatch, seen)
    environment = refusal(artifact).detail
    assert "secret" not in environment.values()
    limits = {"OMP_NUM_THREADS", "MALLOC_ARENA_MAX"}
    assert set(environment) <= limits | {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH", "LC_CTYPE"}


def test_the_child_is_in_an_empty_folder_that_is_gone_afterwards(monkeypatch, artifact):
    """A library that reads files next to a model finds none."""
    seen = (
        "import json, os, sys; print(json.dumps({'check': 'seen', 'detail': [os.getcwd(), os.listdir()]})); sys.exit(3)"
    )
    child(monkeypatch, seen)
    folder, found = refusal(artifact).detail
    assert found == []
    assert not Path(folder).exists()


LIMITED = "import model_store.isolated as i; i._read = lambda *_: {}; i.main()"


def test_the_childs_memory_is_limited(monkeypatch, artifact):
    child(monkeypatch, LIMITED.format("bytearray(4 << 30)"))
    error = refusal(artifact)
    assert (error.check, "ended with code 1: MemoryError" in error.detail) == ("load", True)


def test_the_childs_cpu_time_is_limited(monkeypatch, artifact):
    """Also where the caller that would end it is frozen."""
    monkeypatch.setattr(isolated, "_cpu_seconds", lambda longest: 1)
    child(monkeypatch, LIMITED.format("exec('while True: pass')"))
    error = refusal(artifact)
    assert (error.check, "CPU time limit exceeded" in error.detail) == ("load", True)


@pytest.mark.parametrize("place", ["kept", "new"])
def test_the_child_can_write_nothing_to_a_file(monkeypatch, artifact, tmp_path, place):
    """Neither to one that is there nor to one of its own, whatever code of a file would try it."""
    (tmp_path / "kept").write_bytes(b"as it was")
    child(monkeypatch, LIMITED.format(f"open({str(tmp_path / place)!r}, 'ab', buffering=0).write(b'x')"))
    error = refusal(artifact)
    assert (error.check, "File too large" in error.detail) == ("load", True)
    assert (tmp_path / "kept").read_bytes() == b"as it was"
    assert not (tmp_path / "new").exists() or (tmp_path / "new").read_bytes() == b""


@pytest.mark.parametrize(
    ("memory", "size", "limit"),
    [("", 0, 512), ("", 10, 672), ("256", 10, 512), ("600", 10, 600), ("10240", 10, 672)],
)
def test_in_a_function_the_childs_memory_is_no_more_than_the_functions(monkeypatch, memory, size, limit):
    """In MB. Below the floor, which libraries need to load, the function's memory bounds what is in use."""
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", raising=False)
    if memory:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
    assert isolated._address_space(size << 20) == limit << 20


def test_publishing_stores_nothing_of_a_file_that_kills_the_process(monkeypatch, s3, artifact):
    child(monkeypatch, "import os; os.abort()")
    with pytest.raises(ArtifactRefused, match="load check"):
        ModelStore(s3, "models", "sessions").publish(artifact)
    assert "Contents" not in s3.list_objects_v2(Bucket="models")


def test_it_works_from_the_package_alone(tmp_path, artifact):
    """As in Lambda: the packages and libxgboost in one folder, and no site-packages."""
    for package in (inputs, model_store, native, predictors, records):
        sources = Path(package.__file__).parent
        (tmp_path / sources.name).symlink_to(sources)
    (tmp_path / "xgboost" / "lib").mkdir(parents=True)
    library = library_path()
    (tmp_path / "xgboost" / "lib" / library.name).symlink_to(library)
    for extra in library.parents[2].glob("xgboost_cpu.libs"):
        (tmp_path / extra.name).symlink_to(extra)
    artifact.write(tmp_path / "artifact")
    code = """
import json, sys
from pathlib import Path
from model_store import isolated
from model_store.artifact import Artifact
isolated.check(Artifact.read(Path(sys.argv[1])))
print(json.dumps([name for name in sys.modules if name in ("numpy", "boto3", "xgboost")]))
"""
    command = [sys.executable, "-S", "-P", "-B", "-c", code, str(tmp_path / "artifact")]
    environment = {"PYTHONPATH": str(tmp_path)} | {k: v for k, v in os.environ.items() if k == "LD_LIBRARY_PATH"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_the_child_compares_the_engines(monkeypatch, artifact):
    """Whatever the one that serves does not: the child dies of nothing that it finds out."""
    compared = (
        "from model_store import isolated\n"
        "from predictors.xgboost import engine_parity\n"
        "def differ(*_): raise ValueError('they differ')\n"
        "engine_parity.check = differ; isolated.main()"
    )
    child(monkeypatch, compared)
    if predictor.NATIVE is None:
        isolated.check(artifact)
        return
    error = refusal(artifact)
    assert (error.check, error.detail) == ("engines", "they differ")
