import ast
import dataclasses
import importlib.util
import io
import json
import marshal
import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import certifi
import pytest
from elftools.elf.elffile import ELFFile

from aws_client.tls import AMAZON_ROOTS
from millrace.packaging import archive, authorities, native
from millrace.packaging import scorer as package
from millrace.packaging.archive import PackageError
from millrace.packaging.flavour import IMAGES, ONNX, Flavour
from millrace.packaging.scorer import build, host_architecture
from millrace.paths import FUNCTIONS, ROOT
from model_store.artifact import Artifact
from model_store.verify import verify
from predictors.xgboost.booster import Booster
from tests.fakes import artifacts, image_models, onnx_models

ARCHITECTURE = host_architecture()
MACHINES = {"arm64": "EM_AARCH64", "x86_64": "EM_X86_64"}

FLAVOURS = {
    "default": Flavour(),
    "without": Flavour(xgboost=False),
    "onnx": Flavour(onnx=True),
    "images": Flavour(onnx=True, images=True),
}

# What a Lambda container does, with the package alone: import the handler, make the clients, verify and score.
SCORE = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import scorer.handler
from pathlib import Path
from model_store.artifact import Artifact
from model_store.verify import verify
from scorer.container import build

build(json.loads(sys.argv[4]))
booster = verify(Artifact.read(Path(sys.argv[2])))
rows = Path(sys.argv[3]).read_bytes()
scores = list(booster.predict(rows, 20))
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
outside = sorted(path for path in files if "site-packages" in path)
print(json.dumps({"scores": scores, "modules": sorted(sys.modules), "outside": outside}))
"""
ENVIRONMENT = {
    "MODEL_BUCKET": "models",
    "MODEL_NAME": "sessions",
    "RELEASE_POLL_SECONDS": "30",
    "PREDICTION_SINK_TYPE": "kinesis",
    "PREDICTION_SINK_TARGET": "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions",
    "FAILURE_BUCKET": "failures",
    "QUARANTINE_PREFIX": "quarantine/",
    "DRIFT_BUCKET": "evaluation",
    "DRIFT_SECONDS": "300",
    "CAPTURE_BUCKET": "captured",
    "CAPTURE_SECONDS": "60",
    "CAPTURE_SHARE": "1",
}


@pytest.fixture(scope="module", params=FLAVOURS)
def flavour(request):
    flavour = FLAVOURS[request.param]
    if not flavour.xgboost and native.trouble():
        pytest.skip(f"needs the native engine: {native.trouble()}")
    return flavour


@pytest.fixture(scope="module")
def built(flavour, tmp_path_factory):
    return build(ARCHITECTURE, flavour, folder=tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def names(built):
    return zipfile.ZipFile(built.path).namelist()


@pytest.fixture(scope="module")
def unpacked(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(built.path).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def run(unpacked, tmp_path_factory):
    """What the packaged scorer says of itself in a Python that has nothing else."""
    folder = tmp_path_factory.mktemp("model")
    artifacts.artifact().write(folder)
    (folder / "rows").write_bytes(artifacts.matrix(20, seed=4).tobytes())
    arguments = [str(unpacked), str(folder), str(folder / "rows"), json.dumps(ENVIRONMENT)]
    done = alone(arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alone(arguments):
    """SCORE in a Python that has nothing but the package."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", SCORE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": "eu-central-1", "PATH": os.environ["PATH"]},
    )


def test_building_twice_gives_the_same_bytes(built, flavour, tmp_path):
    again = build(ARCHITECTURE, flavour, folder=tmp_path / "elsewhere", force=True)
    assert again.built
    assert again.path.read_bytes() == built.path.read_bytes()


def test_a_build_is_reused_until_its_inputs_change(tmp_path, monkeypatch):
    folder, stamp = tmp_path, tmp_path / f"scorer-{ARCHITECTURE}.inputs"
    made = [folder / f"scorer-{ARCHITECTURE}{suffix}" for suffix in (".zip", ".cdx.json")]
    with zipfile.ZipFile(made[0], "w") as zipped:
        zipped.writestr("anything", "as built before")
    made[1].write_text("the bill that was written with it")
    inputs = package._recipe(ARCHITECTURE, Flavour(), native.trouble()).digest()
    stamp.write_bytes(archive._stamp(inputs, made))

    class Staged(Exception):
        pass

    def stage(*_):
        raise Staged

    monkeypatch.setattr(package, "stage", stage)
    assert not build(ARCHITECTURE, folder=folder).built
    with pytest.raises(Staged):
        build(ARCHITECTURE, folder=folder, force=True)
    stamp.write_text("the inputs of another day")
    with pytest.raises(Staged):
        build(ARCHITECTURE, folder=folder)


def machine_of(archive, name):
    return ELFFile(io.BytesIO(archive.read(name)))["e_machine"]


def shared_objects(path):
    return [name for name in zipfile.ZipFile(path).namelist() if ".so" in Path(name).suffixes]


def test_the_package_alone_scores_as_xgboost_does(run):
    expected = artifacts.booster("binary").inplace_predict(artifacts.matrix(20, seed=4))
    assert run["scores"] == [float(score) for score in expected]
    assert run["outside"] == []


def test_everything_that_is_shipped_is_imported(unpacked, run):
    libraries = {"xgboost", "xgboost_cpu.libs", "onnxruntime", "pillow.libs"}  # loaded, not imported
    libraries |= {"PIL", "images"}  # imported for an image
    shipped = {path.name.removesuffix(".py") for path in unpacked.iterdir()} - {"__pycache__"} - libraries
    assert shipped == shipped & set(run["modules"])
    assert {"aws_client", "evaluation", "model_store", "native", "scorer"} <= shipped


def test_of_the_evaluation_just_what_is_imported_is_shipped(run):
    names = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in package.COUNTING}
    assert names == {name for name in run["modules"] if name.partition(".")[0] == "evaluation"}


def test_every_module_of_the_project_is_shipped_but_those_of_a_library_that_is_not(names, flavour):
    ours = {
        path.relative_to(ROOT / "functions").as_posix()
        for part in package.PARTS
        for path in (ROOT / "functions" / part).rglob("*.py")
    } | set(package.COUNTING)  # sources only: no caches, no tests
    ours = {name for name in ours if not name.startswith(package.OTHER_ENTRIES)}
    of_onnx = {name for name in ours if name.startswith("predictors/onnx/")} - {"predictors/onnx/__init__.py"}
    assert len(of_onnx) > 5
    ours -= set() if flavour.onnx else of_onnx
    of_images = {name for name in ours if name.startswith("images/")}
    assert len(of_images) > 5
    ours -= set() if flavour.images else of_images
    assert ours <= set(names)
    folders = tuple(f"{path.name}/" for path in (ROOT / "functions").iterdir())
    assert {name for name in names if name.startswith(folders) and name.endswith(".py")} == ours


def test_a_package_has_the_libraries_of_its_flavour_and_no_other(names, flavour):
    assert bool([name for name in names if "libxgboost" in name]) == flavour.xgboost
    assert [name for name in names if "onnxruntime" in name] == [
        f"onnxruntime/capi/libonnxruntime.so.{version('onnxruntime')}"
    ] * flavour.onnx
    assert bool([name for name in names if name.startswith(("PIL/", "pillow.libs/"))]) == flavour.images


def test_a_package_without_onnx_is_as_large_as_before_there_was_any(built, flavour):
    """Its part of the predictors is the entry in the registry, which says what to do."""
    own = [entry for entry in zipfile.ZipFile(built.path).infolist() if entry.filename.startswith("predictors/onnx/")]
    modules = {Path(entry.filename).name.partition(".")[0] for entry in own}
    assert ({"__init__"} < modules) if flavour.onnx else (modules == {"__init__"})
    assert (sum(entry.file_size for entry in own) < 5_000) != flavour.onnx


def test_an_onnx_model_scores_with_the_package_alone_or_is_refused_with_the_fix(unpacked, flavour, tmp_path):
    artifact = onnx_models.artifact()
    artifact.write(tmp_path)
    (tmp_path / "rows").write_bytes(onnx_models.rows(20, seed=4).tobytes())
    arguments = [str(unpacked), str(tmp_path), str(tmp_path / "rows"), json.dumps(ENVIRONMENT)]
    done = alone(arguments)
    if not flavour.onnx:
        assert "expected a package with ONNX Runtime" in done.stderr
        assert "set onnx = true in the tfvars" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    expected = verify(artifact).predict(onnx_models.rows(20, seed=4).tobytes(), 20)
    assert json.loads(done.stdout)["scores"] == list(expected)


def test_a_model_of_images_scores_with_the_package_alone_or_is_refused_with_the_fix(unpacked, flavour, tmp_path):
    artifact = image_models.artifact()
    artifact.write(tmp_path)
    row = artifact.manifest.golden_inputs()[0]
    (tmp_path / "rows").write_bytes(row * 20)
    done = alone([str(unpacked), str(tmp_path), str(tmp_path / "rows"), json.dumps(ENVIRONMENT)])
    if not flavour.images:
        assert "set images = true in the tfvars" in done.stderr or not flavour.onnx
        assert done.returncode
        return
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["scores"] == [verify(artifact).predict(row, 1)[0]] * 20
    assert {"images.decode", "PIL.JpegImagePlugin"} <= set(found["modules"])
    assert found["outside"] == []


def test_trees_load_nothing_of_onnx(run):
    """No cold start pays for what its model does not use."""
    assert [name for name in run["modules"] if name.startswith("predictors.onnx.") or name == "ctypes"] == []


def test_budgets_add_up():
    assert Flavour().budget == dataclasses.replace(Flavour().budget, zipped=6_110_000, unzipped=19_500_000)
    both, without = Flavour(onnx=True).budget, Flavour(xgboost=False, onnx=True).budget
    assert (both.zipped - Flavour().budget.zipped, both.unzipped - Flavour().budget.unzipped) == (
        ONNX.zipped,
        ONNX.unzipped,
    )
    images = Flavour(onnx=True, images=True).budget
    assert (images.zipped - both.zipped, images.unzipped - both.unzipped) == (IMAGES.zipped, IMAGES.unzipped)
    assert images.zipped < 50_000_000  # Lambda's limit for what is uploaded directly
    assert without.zipped < both.zipped


def test_the_authorities_that_the_scorer_trusts_are_beside_the_code_that_reads_them(unpacked):
    path = Path(AMAZON_ROOTS).relative_to(ROOT / "functions")
    assert (unpacked / path).read_text() == authorities.amazon(Path(certifi.where()))


@pytest.mark.parametrize(
    "part",
    ["numpy", "scipy", "nvidia", "boto3", "botocore/", "urllib3", "certifi", "test", "dist-info", "pandas", "polars"],
)
def test_what_the_scorer_does_not_need_stays_out(names, part):
    assert [name for name in names if part in name.lower()] == []


def test_every_module_has_its_bytecode_which_is_never_checked_against_the_source(built, names):
    sources = [Path(name) for name in names if name.endswith(".py")]
    tag = sys.implementation.cache_tag
    compiled = {(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").as_posix() for path in sources}
    assert {name for name in names if name.endswith(".pyc")} == compiled
    archive = zipfile.ZipFile(built.path)
    flags = {archive.read(name)[4:8] for name in compiled}
    assert flags == {(0b01).to_bytes(4, "little")}  # PEP 552: by hash, unchecked


def test_our_bytecode_has_no_docstrings_which_the_sources_have(built, names):
    archive = zipfile.ZipFile(built.path)
    own = [Path(name) for name in names if name.endswith(".py") and (FUNCTIONS / name).is_file()]
    assert own
    for path in own:
        text = ast.get_docstring(ast.parse(archive.read(str(path))), clean=False)
        if not text:
            continue
        code = marshal.loads(archive.read(importlib.util.cache_from_source(path))[16:])
        assert code.co_name == "<module>"
        assert text not in code.co_consts, path


def test_nothing_names_a_path_of_this_machine(built):
    archive = zipfile.ZipFile(built.path)
    for name in archive.namelist():
        if name.endswith(".pyc"):
            assert os.fsencode(ROOT) not in archive.read(name), name
            assert os.fsencode(built.path.parent) not in archive.read(name), name


def test_entries_are_dated_alike_and_readable_for_lambda(built):
    entries = zipfile.ZipFile(built.path).infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 & 0o777 for entry in entries} == {0o644}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)


def test_the_package_reports_its_sizes_within_its_budget(built, flavour):
    assert built.zipped == built.path.stat().st_size <= flavour.budget.zipped
    unzipped = sum(entry.file_size for entry in zipfile.ZipFile(built.path).infolist())
    assert built.unzipped == unzipped <= flavour.budget.unzipped


@pytest.mark.parametrize("what", ["zipped", "unzipped"])
def test_a_package_beyond_its_budget_is_an_error(built, flavour, monkeypatch, what):
    budget = dataclasses.replace(flavour.budget, **{what: 100_000})
    monkeypatch.setattr(Flavour, "budget", budget)
    with pytest.raises(PackageError, match=rf"expected at most 100,000 bytes {what}"):
        build(ARCHITECTURE, flavour, folder=built.path.parent)


def test_the_native_engine_is_the_targets(built, names, flavour):
    """Looked at in the package for the other architecture too: it is compiled, not run, here."""
    if native.trouble():
        pytest.skip(f"needs the native engine: {native.trouble()}")
    assert built.native
    assert "native/_native.abi3.so" in names
    other = {"arm64": "x86_64", "x86_64": "arm64"}[ARCHITECTURE]
    for architecture, path in (
        (ARCHITECTURE, built.path),
        (other, build(other, flavour, folder=built.path.parent).path),
    ):
        machines = {machine_of(zipfile.ZipFile(path), name) for name in shared_objects(path)}
        assert machines == {MACHINES[architecture]}, architecture


def test_the_sources_of_the_native_engine_stay_out(names):
    suffixes = {Path(name).suffix for name in names if not name.startswith(("onnxruntime/", "pillow.libs/"))}
    assert suffixes <= {".py", ".pyc", ".pem", ".so", ".0", ""}
    assert [name for name in names if name.startswith("native/src")] == []


def test_a_machine_without_a_compiler_packages_python_and_xgboost(monkeypatch, tmp_path):
    monkeypatch.setattr(native, "trouble", lambda: "no Python headers")
    monkeypatch.setattr(native, "build", lambda *_: pytest.fail("compiled"))

    built = build(ARCHITECTURE, folder=tmp_path)

    assert not built.native
    assert [name for name in zipfile.ZipFile(built.path).namelist() if "_native" in name] == []
    with pytest.raises(PackageError, match=r"without XGBoost needs the native engine.*: no Python headers"):
        build(ARCHITECTURE, Flavour(xgboost=False), folder=tmp_path)
    monkeypatch.undo()
    if not native.trouble():
        assert build(ARCHITECTURE, folder=tmp_path).native  # it is made anew as soon as one can be compiled


def test_there_is_no_other_architecture(tmp_path):
    with pytest.raises(PackageError, match="expected one of arm64, x86_64, got 'sparc'"):
        build("sparc", folder=tmp_path)


def test_a_pattern_that_finds_nothing_is_an_error(tmp_path, monkeypatch):
    with pytest.raises(PackageError, match="adapt the framework's package_parts"):
        list(package.kept(tmp_path, ("nothing/*.py",)))


def test_the_artifact_of_the_test_is_a_real_one():
    """Guards the tests above: the model scores differently row by row."""
    artifact = artifacts.artifact()
    assert isinstance(artifact, Artifact)
    assert len(set(Booster(artifact.model).predict(artifacts.matrix(20, seed=4).tobytes(), 20))) > 3
