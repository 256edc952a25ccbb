from copy import replace

import numpy as np
import pytest

from model_store.verify import verify
from predictors.xgboost import agreement, objectives, ubj
from tests.fakes import artifacts
from tests.fakes.ubj import encode


def check(kind="binary", change=lambda model: None, **members):
    artifact = artifacts.artifact(kind)
    model = ubj.decode(artifact.model)
    change(model)
    agreement.check(model, replace(artifact.manifest, **members))


def features(name, **members):
    return tuple(replace(one, **members) if one.name == name else one for one in artifacts.FEATURES)


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_every_kind_agrees_with_its_manifest(kind):
    check(kind)


def test_another_task_is_refused():
    with pytest.raises(ValueError, match=r"task: expected binary for binary:logistic, got regression"):
        check(task="regression")


@pytest.mark.parametrize("objective", ["multi:softmax", "reg:mine", "", None])
def test_an_objective_that_cannot_be_served_is_refused(objective):
    with pytest.raises(ValueError, match=r"^objective: .*expected|^objective: expected"):
        objectives.task_of(objective)


def test_categories_that_the_model_keeps_are_the_manifests():
    check("categorical", artifacts.keep_categories)


def test_categories_in_another_order_are_refused():
    other = ("mobile", "desktop", "tablet")
    with pytest.raises(ValueError, match=r"'device': expected the model's categories.*: desktop, mobile, .* mobile"):
        check("categorical", artifacts.keep_categories, features=features("device", categories=other))


def test_categories_of_another_type_are_refused():
    """As integers, events would bring the categories themselves where the model expects their codes."""
    with pytest.raises(ValueError, match=r"'device': the model keeps categories .*expected the type category, got int"):
        check("categorical", artifacts.keep_categories, features=features("device", type="int", categories=()))


def test_codes_may_be_integers():
    check("categorical", features=features("device", type="int", categories=()))


def test_a_split_by_category_of_a_number_is_refused():
    with pytest.raises(ValueError, match=r"tree \d: splits feature 'device' by category.*got float"):
        check("categorical", features=features("device", type="float", categories=()))


def test_a_split_by_a_code_without_a_category_is_refused():
    with pytest.raises(ValueError, match=r"tree \d: splits feature 'device' by code \d: expected codes below 1"):
        check("categorical", features=features("device", categories=("desktop",)))


def attribute(name, value):
    return lambda model: model["learner"]["attributes"].update({name: value})


@pytest.mark.parametrize(("best", "rounds"), [("2", 3), ("2", 0), ("2", 4), ("7", 8), ("99", 0), ("-1", 0), ("x", 5)])
def test_the_manifest_says_which_rounds_count_whatever_early_stopping_found(best, rounds):
    check(change=attribute("best_iteration", best), rounds=rounds)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "dart"])
def test_rounds_are_counted_in_older_files_too(kind):
    learner = ubj.decode(artifacts.artifact(kind).model)["learner"]
    assert agreement.rounds_of(learner) == 8
    del agreement.forest_of(learner)["iteration_indptr"]
    assert agreement.rounds_of(learner) == 8


def test_categories_kept_in_the_model_do_not_change_a_score():
    """The scorer brings codes; XGBoost must not take them for anything else."""
    plain = artifacts.artifact("categorical")
    model = encode(artifacts.keep_categories(ubj.decode(plain.model)))
    named = replace(plain, model=model, manifest=artifacts.manifest("categorical", model))
    matrix = artifacts.matrix(50, seed=2)
    scores = [verify(artifact).predict(matrix.tobytes(), 50) for artifact in (plain, named)]
    assert scores[0] == scores[1]
    assert len(np.unique(scores[0])) > 3
