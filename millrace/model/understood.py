"""What training made of a table, for a person to look over before it begins."""

import numpy as np

from millrace.model.tables import LabelledTable
from millrace.shortened import shortened
from model_store.feature import Feature


def lines(table: LabelledTable, name: str, objective: str, *, stratify: bool, newest: bool = False) -> list[str]:
    """The task, the rows, each feature, and what is worth a look."""
    missing = np.isnan(table.matrix).sum(axis=0)
    by_class = ", the same share of each class" * (stratify and bool(table.classes))
    held_out = "the newest fifth held out" if newest else "a fifth held out" + by_class
    return [
        f"{name}: {table.task} ({objective}), label {table.label_name}{_labels(table)}",
        f"rows: {len(table.label):,}, {held_out}"
        + (f"; {table.unlabelled:,} left out: no label" if table.unlabelled else ""),
        *(_feature(feature, int(count)) for feature, count in zip(table.features, missing, strict=True)),
        *(f"note: {note}" for note in table.notes),
    ]


def _labels(table: LabelledTable) -> str:
    if not table.classes:
        return ""
    counts = np.bincount(table.label.astype(np.int64), minlength=len(table.classes))
    counted = [f"{name} ({count:,})" for name, count in zip(table.classes, counts.tolist(), strict=True)]
    return f": {shortened(counted)}"


def _feature(feature: Feature, missing: int) -> str:
    words = [feature.type]
    if feature.categories:
        unknown = "is missing" if feature.unknown_category == "missing" else "is refused"
        words[0] += f" ({shortened(feature.categories)}; another {unknown})"
    words.append(
        ("may" if feature.allow_missing else "must not") + " be missing" + f" ({missing:,} are)" * (missing > 0)
    )
    return f"  {feature.name}: {', '.join(words)}"
