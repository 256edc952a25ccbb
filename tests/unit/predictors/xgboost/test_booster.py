import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
import xgboost

from predictors.xgboost import booster, ubj
from predictors.xgboost.booster import Booster, BoosterError
from tests.fakes import artifacts
from tests.fakes.ubj import encode


def test_the_library_is_the_installed_one():
    assert booster.library_path().is_file()
    assert booster.xgboost_version() == xgboost.__version__


def test_scoring_imports_neither_numpy_nor_xgboosts_python():
    code = (
        "import sys; from predictors.xgboost.booster import xgboost_version; xgboost_version();"
        "print([n for n in ('numpy', 'scipy', 'xgboost') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_rows_give_no_scores(artifact):
    assert list(Booster(artifact.model).predict(b"", 0)) == []


@pytest.mark.parametrize("rows", [1, 2, 63, 64, 65, 1000])
def test_any_number_of_rows_scores_as_xgboost_does(artifact, rows):
    matrix = artifacts.matrix(rows, seed=rows)
    scores = Booster(artifact.model).predict(bytearray(matrix.tobytes()), rows)
    assert np.array_equal(np.frombuffer(scores, np.float32), artifacts.booster("binary").inplace_predict(matrix))


def test_threads_do_not_change_a_score(artifact):
    matrix = artifacts.matrix(2_000, seed=3)
    one, two = (Booster(artifact.model, threads=n).predict(matrix.tobytes(), 2_000) for n in (1, 2))
    assert one == two


def test_a_model_that_xgboost_refuses_is_an_error_with_its_reason(artifact):
    """Sound, but for a parameter. Bytes that are no model at all abort the process: `verify` keeps them away."""
    model = ubj.decode(artifact.model)
    model["learner"]["objective"]["reg_loss_param"]["scale_pos_weight"] = "many"
    with pytest.raises(BoosterError, match=r"XGBoosterLoadModelFromBuffer: .*scale_pos_weight"):
        Booster(encode(model))


def test_a_matrix_of_another_width_is_an_error(artifact):
    with pytest.raises(BoosterError, match=r"XGBoosterPredictFromDense: ."):
        Booster(artifact.model).predict(bytes(4 * 3), 1)


def test_a_booster_is_freed_with_its_object(artifact):
    loaded = Booster(artifact.model)
    gone = weakref.ref(loaded)
    del loaded
    gc.collect()
    assert gone() is None


def test_without_the_library_the_error_says_what_to_do(monkeypatch):
    booster.library_path.cache_clear()
    monkeypatch.setattr(booster.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BoosterError, match="build the package with it"):
        booster.library_path()
