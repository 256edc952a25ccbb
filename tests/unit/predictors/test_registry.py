import subprocess
import sys

from predictors import FRAMEWORKS
from tests.fakes import artifacts


def test_every_framework_has_its_own_name_and_files():
    for name, framework in FRAMEWORKS.items():
        assert framework.name == name
        assert framework.model_files
        assert all(most > 0 for most in framework.model_files.values())


def test_a_framework_verifies_and_loads_what_its_manifest_names():
    artifact = artifacts.artifact()
    model = FRAMEWORKS[artifact.manifest.framework.name].verify(artifact)
    predictor = model.load(1)
    model.compare(predictor)
    assert len(predictor.predict(artifact.manifest.golden_rows[0].packed(), 1)) == artifact.manifest.output.width


def test_reading_a_manifest_loads_no_framework():
    """The evaluator reads manifests, and a scorer has its own choice of what to load."""
    code = (
        "import sys, model_store.manifest, model_store.release;"
        "print([name for name in sys.modules if name in ('ctypes', 'numpy', 'native', 'predictors.predictor',"
        " 'predictors.xgboost.structure', 'predictors.xgboost.booster')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
