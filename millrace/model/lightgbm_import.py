"""A LightGBM text model as a model to import: converted, and compared with LightGBM's own predictions."""

import hashlib
import json
import re
from collections.abc import Sequence
from copy import replace
from types import ModuleType

import numpy as np
import xgboost as xgb

from millrace.errors import UserError
from millrace.model import lightgbm_file, lightgbm_trees
from millrace.model.lightgbm_file import TextModel
from model_store.feature import Feature
from model_store.framework import ModelOrigin
from predictors.xgboost.structure import MAX_CATEGORY

NAME = "lightgbm"
STARTS = re.compile(rb"(\xef\xbb\xbf)?\s*tree\r?\nversion=")
# How far the scores may be off: LightGBM adds up float64 leaves, XGBoost and the native engine float32 ones.
RELATIVE = 1e-5
ABSOLUTE = 2e-6  # of the largest score
ROWS, MOST_SAMPLE_ROWS, MISSING_SHARE = 1_000, 10_000, 0.15
_EXTREMES = np.array([0.0, -0.0, 1e-35, -1e-35, 3.4028235e38, -3.4028235e38, 1.0, -1.0], np.float32)


class LightGBMModel:
    """What the file says, and what of it the converted model cannot say."""

    def __init__(self, raw: bytes) -> None:
        """Raises ValueError where the model cannot be converted."""
        self.raw = raw
        # Without tree_sizes, LightGBM finds the trees by their headings; of wrong sizes, it would crash.
        self.text = re.sub(r"\ntree_sizes=.*", "", raw.decode("utf-8-sig").replace("\r\n", "\n").lstrip(), count=1)
        self.file: TextModel = lightgbm_file.read(self.text)
        self.zero_is_missing = lightgbm_trees.zero_is_missing(self.file)

    @property
    def origin(self) -> ModelOrigin:
        digest = hashlib.sha256(self.raw).hexdigest()
        return ModelOrigin(NAME, self.file.format, self.file.objective_text, digest)

    def converted(self) -> bytes:
        """XGBoost's JSON of the same trees. Raises ValueError."""
        return json.dumps(lightgbm_trees.converted(self.file)).encode()

    def with_zeros(self, features: Sequence[Feature]) -> tuple[Feature, ...]:
        """The features, with 0 as a missing value where the model takes it for one, and null like 0."""
        found = list(features)
        for column in self.zero_is_missing:
            feature = found[column]
            values = tuple(dict.fromkeys((*feature.missing_values, _zero_of(feature))))
            found[column] = replace(feature, missing_values=values, allow_missing=True)
        return tuple(found)

    def notes(self, features: Sequence[Feature]) -> list[str]:
        """What the operator should know of the conversion."""
        names = ", ".join(features[column].name for column in self.zero_is_missing)
        said = [f"0 counts as missing for {names}, as in the model (zero_as_missing)"] if names else []
        if self.file.objective == "multiclassova":
            said.append("each class has a probability of its own (multiclassova): they are scores with names, no label")
        return said

    def check(self, booster: xgb.Booster, rounds: int, rows: np.ndarray) -> None:
        """Compare the converted model with LightGBM, on these rows and on others around its thresholds.

        booster : the converted model. rounds : boosting rounds that count; 0 means all. rows : float32 matrix.
        Every row must come to the same leaf of every tree, and to the same scores but for rounding. Raises UserError.
        """
        if self.file.averages and rounds:
            raise UserError("--rounds: expected all for boosting rf, whose scores are the mean of all its rounds")
        original = library().Booster(model_str=self.text)
        rows = np.vstack([rows[:MOST_SAMPLE_ROWS], self._rows_around_thresholds()])
        matrix = xgb.DMatrix(rows)
        nodes = booster.predict(matrix, pred_leaf=True).reshape(len(rows), -1).astype(int)
        found = lightgbm_trees.leaf_numbers(self.file, nodes)
        leaves = np.asarray(original.predict(rows, pred_leaf=True)).reshape(len(rows), -1)
        if wrong := int((leaves != found).any(axis=1).sum()):
            raise UserError(
                f"the converted model: expected LightGBM's leaves, {wrong} of {len(rows)} rows come to others"
            )
        scores = booster.predict(matrix, iteration_range=(0, rounds))
        self._compare(np.asarray(original.predict(rows, num_iteration=rounds or -1)), scores)

    def _compare(self, expected: np.ndarray, found: np.ndarray) -> None:
        found = found.reshape(expected.shape)
        allowed = RELATIVE * np.abs(expected) + ABSOLUTE * np.abs(expected).max()
        if not (np.abs(expected - found) <= allowed).all():
            worst = np.abs(expected - found).max()
            raise UserError(f"the converted model: expected LightGBM's scores, they differ by up to {worst:.3g}")

    def _rows_around_thresholds(self) -> np.ndarray:
        """For each column thresholds, values next to them, extremes, codes of categories and gaps: ROWS × columns."""
        random = np.random.default_rng(11)
        thresholds: list[list[float]] = [[0.0] for _ in range(self.file.columns)]
        codes: list[set[int]] = [set() for _ in range(self.file.columns)]
        for tree in self.file.trees:
            for column, threshold, found in zip(tree.features, tree.thresholds, tree.categories, strict=True):
                codes[column].update(found)
                if not found:
                    thresholds[column].append(max(min(threshold, lightgbm_trees.LARGEST), -lightgbm_trees.LARGEST))
        columns = [
            _codes(found, random) if found else _around(values, random)
            for found, values in zip(codes, thresholds, strict=True)
        ]
        for number in self.zero_is_missing:  # and so are, in LightGBM, the values next to it
            columns[number][np.abs(columns[number]) <= lightgbm_trees.ZERO] = np.nan
        gaps = random.random((ROWS, len(columns))) < MISSING_SHARE
        return np.where(gaps, np.float32(np.nan), np.column_stack(columns))


def _zero_of(feature: Feature) -> float | str:
    """The value of an event that the model is given as 0."""
    if feature.type == "category":
        return feature.categories[0]
    return {"bool": False, "float": 0.0}.get(feature.type, 0)


def _codes(codes: set[int], random: np.random.Generator) -> np.ndarray:
    """Codes of a column that is split by category, and others: those next to them, a negative one, a large one."""
    near = sorted({code + step for code in codes for step in (-1, 0, 1)} | {0, MAX_CATEGORY})
    return random.choice(np.array(near, np.float32), ROWS)


def _around(thresholds: list[float], random: np.random.Generator) -> np.ndarray:
    values = random.choice(np.array(thresholds, np.float32), ROWS)
    with np.errstate(over="ignore", under="ignore"):
        moved = np.nextafter(values, random.choice(np.array([-np.inf, np.inf], np.float32), ROWS))
    values = np.where((random.random(ROWS) < 0.6) & np.isfinite(moved), moved, values)
    return np.where(random.random(ROWS) < 0.1, random.choice(_EXTREMES, ROWS), values)


def library() -> ModuleType:
    """LightGBM, which only imports of its models need. Raises UserError where it is not there."""
    try:
        import lightgbm
    except ImportError:
        raise UserError(
            "expected LightGBM, which the converted model is compared with, got an environment without: run "
            "`make setup-run`, or `.venv/bin/uv pip install lightgbm`, and import again"
        ) from None
    except OSError as error:  # its library needs OpenMP, which its wheel does not contain
        raise UserError(
            f"LightGBM cannot be loaded: {error}; install OpenMP (`apt-get install libgomp1`, `dnf install libgomp`, "
            f"or `brew install libomp`), and import again"
        ) from None
    found: ModuleType = lightgbm
    return found
