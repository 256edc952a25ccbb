"""Which rows a model is not trained on, but measured with."""

from collections.abc import Sequence

import numpy as np

from millrace.errors import UserError
from millrace.shortened import shortened

HOLDOUT = 0.2
MIN_ROWS = 5  # below, no row would be held out


def newest(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The indices of the last rows, to hold out, and of those before. Raises UserError where there are too few."""
    if rows < MIN_ROWS:
        raise UserError(f"expected at least {MIN_ROWS} rows with a label, got {rows}")
    rest, held_out = np.split(np.arange(rows), [rows - int(rows * HOLDOUT)])
    return held_out, rest


def _remedies(label: np.ndarray, classes: tuple[str, ...], seed: int, kept: Sequence[np.ndarray]) -> str:
    """What helps where a class is too rare; only what does. kept : the rows of each class that is not."""
    found = ["add rows of that class"]
    # With two classes, the task would be another one.
    if len(kept) > 2 and sum(map(len, kept)) >= MIN_ROWS:
        found.append("leave its rows out")
    _, rest = split(label, classes, seed, stratify=False)
    if len(np.unique(label[rest])) > 1:
        found.append("split without regard to classes with --no-stratify")
    return ", or ".join(found)


def split(
    label: np.ndarray, classes: tuple[str, ...], seed: int, *, stratify: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The indices of the rows to hold out and of those to train on, each in random order.

    label : one number a row. stratify : the share of each class is the same in both; without classes it is not asked.

    Raises UserError where there are too few rows, of all or of one class.
    """
    if len(label) < MIN_ROWS:
        raise UserError(f"expected at least {MIN_ROWS} rows with a label, got {len(label)}")
    random = np.random.default_rng(seed)
    order = random.permutation(len(label))
    if not (classes and stratify):
        held_out, rest = np.split(order, [int(len(order) * HOLDOUT)])
        return held_out, rest
    parts = [order[label[order] == code] for code in range(len(classes))]
    if rare := [f"{len(part)} of {name!r}" for name, part in zip(classes, parts, strict=True) if len(part) < 2]:
        raise UserError(
            f"label: expected at least 2 rows of each class, to train on and to measure with, got {shortened(rare)}: "
            + _remedies(label, classes, seed, [part for part in parts if len(part) >= 2])
        )
    counts = [max(1, round(len(part) * HOLDOUT)) for part in parts]
    held = np.concatenate([part[:count] for part, count in zip(parts, counts, strict=True)])
    rest = np.concatenate([part[count:] for part, count in zip(parts, counts, strict=True)])
    return random.permutation(held), random.permutation(rest)
