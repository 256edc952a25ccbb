"""Which engine scores a model, and that it makes no difference."""

import subprocess
import sys
from copy import replace

import numpy as np
import pytest

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.manifest import ModelFile
from model_store.verify import verify
from predictors.xgboost import UBJ_FILE, booster
from predictors.xgboost import native_forest as predictor
from tests.fakes import artifacts
from tests.fakes.mutations import Mutations

COVERED = ("binary", "multiclass", "regression", "ranking", "dart", "categorical")
needs_native = pytest.mark.skipif(predictor.NATIVE is None, reason=f"no native engine: {predictor.MISSING}")


@pytest.fixture
def no_library(monkeypatch):
    """A package without libxgboost."""
    found = booster.importlib.util.find_spec
    monkeypatch.setattr(
        booster.importlib.util, "find_spec", lambda name, *rest: None if name == "xgboost" else found(name, *rest)
    )
    for function in (booster.library_path, booster._library):
        function.cache_clear()
    yield
    booster.library_path.cache_clear()


def both(monkeypatch, artifact):
    """What becomes of an artifact with the native engine, and without: the check that refused it, or its scores."""
    return [outcome(artifact), (monkeypatch.setattr(predictor, "NATIVE", None), outcome(artifact))[1]]


def outcome(artifact):
    rows = artifacts.matrix(50, seed=5)
    try:
        return verify(artifact).predict(rows.tobytes(), 50).tobytes()
    except ArtifactRefused as refused:
        return refused.check


@needs_native
@pytest.mark.parametrize("kind", COVERED)
def test_the_native_engine_scores_what_it_covers(kind):
    found = verify(artifacts.artifact(kind))
    assert (found.engine, found.reason) == ("native", "")


@needs_native
@pytest.mark.parametrize("kind", COVERED)
def test_xgboost_scores_the_others(kind):
    found = verify(artifacts.artifact(kind, file="model.json"))
    assert (found.engine, found.reason) == ("xgboost", "the native engine reads model.ubj, not model.json")


@needs_native
@pytest.mark.usefixtures("no_library")
@pytest.mark.parametrize("kind", COVERED)
def test_the_small_package_scores_what_is_covered(kind):
    artifact, rows = artifacts_without_library(kind), artifacts.matrix(50, seed=5)
    found = np.frombuffer(verify(artifact).predict(rows.tobytes(), 50), np.float32)
    np.testing.assert_array_equal(found, artifacts.booster(kind).inplace_predict(rows).ravel())


@needs_native
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "float", "categories": ()}, "expected the type category .or int, for codes., got float"),
        ({"categories": ("desktop",)}, "expected codes below 1, the number of its categories"),
    ],
)
def test_splits_by_category_go_with_the_manifest(changes, message):
    """The native engine leaves the trees out of what Python checks, but not their codes."""
    original = artifacts.artifact("categorical")
    features = tuple(
        replace(feature, **changes) if feature.name == "device" else feature for feature in original.manifest.features
    )
    with pytest.raises(ArtifactRefused, match=message):
        verify(Artifact(replace(original.manifest, features=features), original.model))


def test_without_the_native_engine_xgboost_scores_everything(monkeypatch):
    monkeypatch.setattr(predictor, "NATIVE", None)
    monkeypatch.setattr(predictor, "MISSING", "No module named 'native._native'")
    found = verify(artifacts.artifact())
    assert (found.engine, found.reason) == ("xgboost", "no native engine: No module named 'native._native'")


@needs_native
@pytest.mark.usefixtures("no_library")
def test_what_the_native_engine_covers_needs_no_library():
    artifact = artifacts_without_library("binary")
    assert verify(artifact, compare=True).engine == "native"


@needs_native
@pytest.mark.usefixtures("no_library")
@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_without_the_library_other_models_are_refused_with_what_to_do(kind):
    with pytest.raises(
        ArtifactRefused, match="build the package with it; it is needed for this model: the native engine reads"
    ) as caught:
        verify(artifacts_without_library(kind, "model.json"))
    assert caught.value.check == "load"


def artifacts_without_library(kind, file=UBJ_FILE):
    """Its golden rows were scored by XGBoost's own Python package."""
    model = bytes(artifacts.booster(kind).save_raw("ubj" if file == UBJ_FILE else "json"))
    rows = artifacts.matrix(4, seed=9)
    scores = artifacts.booster(kind).inplace_predict(rows).reshape(4, -1)
    golden = tuple(
        artifacts.GoldenRow(tuple(None if v != v else v for v in row), tuple(one))
        for row, one in zip(rows.tolist(), scores.tolist(), strict=True)
    )
    return Artifact(artifacts.manifest(kind, model, file=file, golden_rows=golden), model)


@needs_native
def test_a_covered_model_is_served_without_ctypes_and_libxgboost(tmp_path):
    artifacts.artifact("binary").write(tmp_path)
    code = (
        "import sys; from pathlib import Path; from model_store.artifact import Artifact;"
        "from model_store.verify import verify; import model_store.isolated;"
        "found = verify(Artifact.read(Path(sys.argv[1])));"
        "print(found.engine, [n for n in ('ctypes', 'subprocess', 'numpy', 'xgboost') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "native []"


@needs_native
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("rows", [0, 1, 3_999, 4_000, 10_001])
def test_threads_do_not_change_a_score(kind, rows):
    matrix = artifacts.matrix(rows, seed=3).tobytes()
    one, three = (verify(artifacts.artifact(kind), threads=threads).predict(matrix, rows) for threads in (1, 3))
    assert one == three
    assert len(one) == rows * artifacts.OUTPUTS[kind].width


@needs_native
@pytest.mark.parametrize("rows", [1, 10_000])
def test_a_matrix_of_another_size_is_an_error(rows):
    with pytest.raises(ValueError, match=f"expected {rows} rows"):
        verify(artifacts.artifact(), threads=2).predict(bytes(8), rows)


@needs_native
@pytest.mark.parametrize("rounds", [2**32 + 3, 2**64 + 3])
def test_no_number_of_rounds_is_taken_for_a_smaller_one(monkeypatch, rounds):
    artifact = artifacts.artifact()
    artifact = replace(artifact, manifest=replace(artifact.manifest, rounds=rounds))
    assert both(monkeypatch, artifact) == ["structure", "structure"]


@needs_native
@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_a_damaged_model_comes_to_the_same_end_with_either_engine(monkeypatch, kind):
    original = artifacts.artifact(kind)
    mutations, ends = Mutations(original.model), set()
    for seed in (*range(60), 1969, 2277):
        model = mutations.model(seed)
        damaged = Artifact(replace(original.manifest, file=ModelFile.of(model, UBJ_FILE)), model)
        with monkeypatch.context() as patched:
            found, expected = both(patched, damaged)
        assert found == expected, seed
        ends.add(type(found))
    assert ends == {str, bytes}  # some were refused, some scored


@needs_native
@pytest.mark.parametrize("name", ["no such", "caf\u00e9"])
def test_feature_names_are_checked_with_the_native_engine_too(monkeypatch, name):
    artifact = artifacts.artifact()
    features = (replace(artifact.manifest.features[0], name=name), *artifact.manifest.features[1:])
    artifact = replace(artifact, manifest=replace(artifact.manifest, features=features))
    assert both(monkeypatch, artifact) == ["structure", "structure"]


def test_the_scores_are_those_of_xgboost_itself():
    matrix = artifacts.matrix(200, seed=8)
    scores = verify(artifacts.artifact("multiclass")).predict(matrix.tobytes(), 200)
    assert np.array_equal(
        np.frombuffer(scores, np.float32), artifacts.booster("multiclass").inplace_predict(matrix).ravel()
    )
