"""A real stream with drift: the New South Wales electricity market, half an hour a row, in weeks.

In time order drift is flagged; shuffled it is not. `date`, which is time itself, is left out.
"""

from copy import replace

import numpy as np
import polars as pl
import pytest

from evaluation.binary import Binary
from evaluation.drift import Drifts, Window
from evaluation.expected import ExpectedBinary
from millrace.model.calibrate import applied
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.paths import ROOT
from model_store.manifest import Manifest
from predictors.xgboost.booster import Booster
from tests import scale
from training.baseline import baseline
from training.golden import scores_of

DATA = ROOT.parent / "shared" / "data" / "electricity.csv"
LABEL = "class"
WEEK = 7 * 48
SHUFFLES = scale.SHUFFLES

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason=f"the dataset {DATA.name} is not beside the project, in shared/data"
)


@pytest.fixture(scope="module")
def stream() -> tuple[Manifest, np.ndarray, np.ndarray]:
    """The model of the first tenth, and features and scores of every row in time order, as float32."""
    frame = pl.read_csv(DATA).drop("date")
    artifact = train(labelled(frame.head(frame.height // 10), LABEL), Recipe("electricity", "first-tenth"))
    matrix = labelled(frame, LABEL).matrix
    return artifact.manifest, matrix, scores_of(Booster(artifact.model), matrix).astype(np.float32)


def weeks(manifest: Manifest, matrix: np.ndarray, scores: np.ndarray) -> list[Drifts]:
    """The drift of every whole week of the rows."""
    found, empty = [], Window(manifest)
    for at in range(0, len(matrix) - WEEK + 1, WEEK):
        window = empty.fresh()
        window.add(matrix[at : at + WEEK].tobytes(), scores[at : at + WEEK].tobytes())
        found.append(window.drift())
    return found


def test_in_time_order_drift_is_flagged(stream, record_property):
    manifest, matrix, scores = stream
    begin = len(matrix) // 10
    found = weeks(manifest, matrix[begin:], scores[begin:])
    flagged = {name: sum(week.features[name].drifted for week in found) for name in found[0].features}
    of_score = sum(week.scores[0].drifted for week in found)
    alarms = sum(week.drifted for week in found)
    told = f"electricity in time order: {alarms} of {len(found)} weeks flagged; score {of_score}, features {flagged}"
    record_property("figures", told)
    assert alarms > 0.9 * len(found)
    assert of_score > 0.5 * len(found)
    assert flagged["day"] == flagged["period"] == 0, "a whole week has every weekday and time of day alike"


def expected_and_measured(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, int]:
    """Accuracy of each later week: as the scores of a model of the first fifth let expect it, and as it was.

    And in how many weeks the interval held it.
    """
    first = frame.height // 5
    artifact = train(labelled(frame.head(first), LABEL), Recipe("electricity", "fifth", rounds=150, calibrate="platt"))
    whole, calibrator = labelled(frame, LABEL), artifact.manifest.output.calibration
    assert calibrator is not None
    scores = applied(calibrator, scores_of(Booster(artifact.model), whole.matrix))[:, 0].astype(float)
    expected, measured, held = [], [], 0
    for at in range(first, len(scores) - WEEK + 1, WEEK):
        quality, estimate = Binary(0.5), ExpectedBinary(0.5)
        quality.add_all(scores[at : at + WEEK], whole.label[at : at + WEEK].astype(float))
        estimate.add_all(scores[at : at + WEEK])
        found = estimate.estimates()["accuracy"]
        expected.append(found.value)
        measured.append(quality.estimates()["accuracy"].value)
        held += found.low <= measured[-1] <= found.high
    return np.array(expected), np.array(measured), held


def test_expected_quality_is_right_where_nothing_drifts_and_wrong_under_concept_drift(record_property):
    """The page on evaluation says so: a model's scores do not show that the same features have other outcomes now."""
    frame = pl.read_csv(DATA).drop("date")
    shuffled, drifting = frame.sample(fraction=1, shuffle=True, seed=1), frame
    for name, rows, right in (("shuffled", shuffled, True), ("in time order", drifting, False)):
        expected, measured, held = expected_and_measured(rows)
        record_property(
            "figures",
            f"electricity {name}: accuracy {measured.mean():.3f}, expected {expected.mean():.3f}; in the interval in "
            f"{held} of {len(measured)} weeks",
        )
        assert (abs(expected.mean() - measured.mean()) < 0.02) == right
        assert (held > 0.9 * len(measured)) == right


@pytest.mark.long
def test_shuffled_it_is_not_flagged(stream, record_property):
    """Every shuffle has its own baseline, of a tenth of the rows, and its own weeks, of the others."""
    manifest, matrix, scores = stream
    tenth, alarms, windows = len(matrix) // 10, 0, 0
    for seed in range(SHUFFLES):
        order = np.random.default_rng(seed).permutation(len(matrix))
        training, rest = order[:tenth], order[tenth:]
        found = baseline(manifest.features, matrix[training], scores[training])
        shuffled = weeks(replace(manifest, baseline=found), matrix[rest], scores[rest])
        windows += len(shuffled)
        alarms += sum(week.drifted for week in shuffled)
    record_property("figures", f"electricity shuffled {SHUFFLES} times: {alarms} of {windows:,} weeks flagged")
    assert alarms <= 0.001 * windows
