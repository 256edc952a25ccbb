"""Metrics in CloudWatch's embedded metric format, one line of the log each.

The metrics of an hour have the dimensions FunctionName and Variant. Each combination of dimension values costs a metric
of its own, so the version is not a dimension but a property of the line, for Logs Insights; exact numbers by version
are in S3. When new outcomes change an hour, its metrics are written again with the hour's timestamp: CloudWatch then
has both samples.
"""

from __future__ import annotations

from evaluation.drift import MIN_ROWS
from evaluation.estimates import MIN_OUTCOMES
from outcomes.hours import SECONDS
from outcomes.store import OUTCOMES
from telemetry import emf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from outcomes.collect import Collected
    from outcomes.drift import Measured
    from outcomes.evaluate import Evaluated
    from outcomes.tally import Group

# Metrics by the name of the estimate. For many classes, the mean over the classes has the same metric.
NAMES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "macro_precision": "Precision",
    "recall": "Recall",
    "macro_recall": "Recall",
    "f1": "F1",
    "macro_f1": "F1",
    "roc_auc": "RocAuc",
    "macro_roc_auc": "RocAuc",
    "log_loss": "LogLoss",
    "calibration_error": "CalibrationError",
    "mae": "MeanAbsoluteError",
    "rmse": "RootMeanSquaredError",
    "r2": "R2",
}
# Of the estimates without outcomes.
EXPECTED_NAMES = {name: f"Expected{NAMES[name]}" for name in ("accuracy", "precision", "recall", "f1", "roc_auc")}
QUARANTINED = {OUTCOMES: "OutcomesQuarantined", "predictions": "PredictionsQuarantined"}


class EvaluatorMetrics:
    """Writes metrics. write : writes a line."""

    def __init__(self, function_name: str, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._function_name, self._write, self._clock = function_name, write, clock

    def hour(self, hour: int, groups: list[Group]) -> None:
        """Write a line for each version and variant of an hour.

        Quality metrics of fewer than MIN_OUTCOMES outcomes are left out as noise.
        """
        for group in groups:
            counts = {
                "EvaluatedPredictions": group.coverage.predictions,
                "Outcomes": group.coverage.outcomes,
                "OutcomesRefused": group.refused,
            }
            share = group.coverage.estimate().value
            coverage = {} if share is None else {"Coverage": share}
            dimensions = {"FunctionName": self._function_name, "Variant": group.variant}
            self._line(
                hour * SECONDS,
                counts | coverage | _qualities(group) | _expected(group),
                dimensions,
                {"ModelVersion": group.version},
            )

    def evaluated(self, done: Evaluated) -> None:
        """Write whether an evaluation is complete, for the alarm."""
        self._own({"EvaluationsDone": int(done.left == 0), "HoursNotEvaluated": done.left})

    def drift(self, measured: Sequence[Measured]) -> None:
        """Write a line for each version that serves. The index of fewer than MIN_ROWS rows is left out as noise."""
        for one in measured:
            if not one.serving:
                continue
            indices = {name: round(drift.psi, 6) for name, drift in one.columns().items()}
            rows, drifted = one.rows, one.drifted()
            worst = {"WorstPsi": max(indices.values())} if rows >= MIN_ROWS else {}
            values = {"ColumnsDrifted": len(drifted), "DriftRows": rows} | worst
            self._own(values, {"ModelVersion": one.version, "drifted": drifted, "psi": indices})

    def collected(self, counts: Collected) -> None:
        """Write the number of quarantined records, if any: the alarm treats missing data as OK."""
        if counts.quarantined:
            self._own({QUARANTINED[counts.what]: counts.quarantined})

    def _own(self, values: dict[str, float], properties: dict[str, Any] | None = None) -> None:
        self._line(self._clock(), values, {"FunctionName": self._function_name}, properties or {})

    def _line(
        self, at: float, values: dict[str, float], dimensions: dict[str, str], properties: dict[str, Any]
    ) -> None:
        units = {name: "Count" if isinstance(value, int) else "None" for name, value in values.items()}
        self._write(emf.line(at, dimensions, values, units, properties))


def _qualities(group: Group) -> dict[str, float]:
    if group.quality is None or group.quality.n < MIN_OUTCOMES:
        return {}
    estimates = group.quality.estimates().items()
    return {NAMES[name]: estimate.value for name, estimate in estimates if name in NAMES and estimate.value is not None}


def _expected(group: Group) -> dict[str, float]:
    if group.expected is None or group.expected.n < MIN_OUTCOMES:
        return {}
    estimates = group.expected.estimates().items()
    return {
        EXPECTED_NAMES[name]: estimate.value
        for name, estimate in estimates
        if name in EXPECTED_NAMES and estimate.value is not None
    }
