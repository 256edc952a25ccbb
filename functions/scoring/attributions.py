"""Feature attributions in predictions: which rows have them, and the JSON text of each.

Both engines insert the same texts, so there is one definition of them: this one.
"""

from __future__ import annotations

import logging
import math

from predictors.errors import NoAttributions
from scoring.features import gathered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

    from model_store.attribution_setting import AttributionSetting
    from scoring.engine.protocols import Table

LOG = logging.getLogger(__name__)

ROWS_A_CALL = 512  # bounds the memory of attributions, which are doubles for each feature and class
# Values are multiples of the largest one's float32 step: sums of them are exact, in any order.
_DIGITS = 24


def explain(table: Table, chosen: Sequence[int], setting: AttributionSetting) -> list[tuple[int, str]]:
    """The chosen rows of a scored table, ascending, each with its text (see `text`).

    Nothing where the model has no attributions; the log says why.
    """
    if not chosen:
        return []
    matrix, width = table.matrix(), len(table.variant.feature_paths)
    found = []
    try:
        for start in range(0, len(chosen), ROWS_A_CALL):
            rows = chosen[start : start + ROWS_A_CALL]
            found += _texts(table, rows, gathered(matrix, rows, width), setting)
    except NoAttributions as error:
        LOG.warning("model %s explains no predictions: %s", table.variant.version, error)
        return []
    return found


def explained(table: Table, setting: AttributionSetting) -> list[int]:
    """The rows that the setting selects."""
    rows = table.sampled(setting.share)
    if setting.above is None or len(rows) == table.rows:
        return rows
    scores, classes, least = table.scores, table.variant.classes, setting.above
    if classes > 1:
        high = (row for row in range(table.rows) if max(scores[row * classes : (row + 1) * classes]) >= least)
    else:
        high = (row for row, score in enumerate(scores) if score >= least)
    return sorted({*rows, *high})


def _texts(table: Table, rows: Sequence[int], matrix: bytes, setting: AttributionSetting) -> list[tuple[int, str]]:
    """Raises NoAttributions."""
    variant, texts = table.variant, []
    margins, values = variant.attribute(matrix, len(rows))
    classes, width = variant.classes, len(variant.feature_paths) + 1
    for i, row in enumerate(rows):
        top = 0
        if classes > 1:
            scores = table.scores[row * classes : (row + 1) * classes]
            top = max(range(classes), key=scores.__getitem__)
        place = i * classes + top
        own, margin = values[place * width : (place + 1) * width], margins[place]
        if all(map(math.isfinite, own)):
            label = f'"class":{top},' if classes > 1 else ""
            texts.append((row, text(own, margin, variant.feature_names, setting, label)))
    return texts


def text(
    values: array[float], margin: float, names: Sequence[str], setting: AttributionSetting, label: str = ""
) -> str:
    """The member `attributions` with the comma after it, up to `max_bytes`.

    values : of each feature, and the expected margin. names : JSON texts. The features with the largest absolute values
    come first, then the sum of all others, then the expected margin: added in this order, they are the margin.
    """
    step = _step(values, margin)
    *own, base = [round(value / step) * step for value in values]
    order = sorted(range(len(own)), key=lambda i: -abs(own[i]))[: setting.top]
    parts = [f'{{"feature":{names[i]},"value":{own[i]!r}}}' for i in order if own[i]]
    for count in range(len(parts), -1, -1):
        rest = margin - base - math.fsum(own[i] for i in order[:count])
        found = (
            f'"attributions":{{{label}"top":[{",".join(parts[:count])}],'
            f'"rest":{rest!r},"base":{base!r},"margin":{margin!r}}},'
        )
        if len(found) <= setting.max_bytes:
            break
    return found


def _step(values: Sequence[float], margin: float) -> float:
    """A power of two; the largest value has 24 binary digits in it."""
    largest = max(abs(margin), max(map(abs, values)))
    return math.ldexp(1.0, max(math.frexp(largest)[1] - _DIGITS, -1000))
