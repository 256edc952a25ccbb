"""Which rows a model is not trained on, but measured with."""

import numpy as np

from millrace.errors import UserError

HOLDOUT = 0.2
MIN_ROWS = 5  # below, no row would be held out


def newest(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The indices of the last rows, to hold out, and of those before. Raises UserError where there are too few."""
    if rows < MIN_ROWS:
        raise UserError(f"expected at least {MIN_ROWS} rows with a label, got {rows}")
    rest, held_out = np.split(np.arange(rows), [rows - int(rows * HOLDOUT)])
    return held_out, rest


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
    for name, part in zip(classes, parts, strict=True):
        if len(part) < 2:
            raise UserError(
                f"label: expected at least 2 rows of each class, to train on and to measure with, got {len(part)} of "
                f"{name!r}: leave them out, or split without regard to classes with --no-stratify"
            )
    counts = [max(1, round(len(part) * HOLDOUT)) for part in parts]
    held = np.concatenate([part[:count] for part, count in zip(parts, counts, strict=True)])
    rest = np.concatenate([part[count:] for part, count in zip(parts, counts, strict=True)])
    return random.permutation(held), random.permutation(rest)
