"""The truth of each row, as outcomes and receipts have it."""

import polars as pl

from millrace.errors import UserError
from millrace.shortened import shortened
from model_store.manifest import Manifest

Truth = int | float | str | None


def truths(label: pl.Series, manifest: Manifest) -> list[Truth]:
    """The label as the model's task has it: the number of the class, or in regression the number. None: not known.

    Raises UserError for a label that the model does not have, and for a model with several outputs.
    """
    if manifest.output.names:
        raise UserError(
            f"label {label.name!r}: expected none, as {manifest.name} {manifest.version} has "
            f"{len(manifest.output.names)} outputs, and an outcome is one label or number: leave out --label"
        )
    if not manifest.output.labels:
        if not (label.dtype.is_numeric() or label.dtype == pl.Boolean):
            raise UserError(f"label {label.name!r}: expected numbers for {manifest.task}, got {label.dtype}")
        return label.cast(pl.Float64).to_list()
    codes = {name: code for code, name in enumerate(manifest.output.labels)}
    names = [None if value is None else _name(value, codes) for value in label.to_list()]
    if unknown := sorted({name for name in names if name is not None and name not in codes}):
        raise UserError(
            f"label {label.name!r}: expected the labels of {manifest.name} {manifest.version}, "
            f"{shortened(manifest.output.labels)}, got {shortened(unknown)}"
        )
    return [None if name is None else codes[name] for name in names]


def _name(value: object, codes: dict[str, int]) -> str:
    """What the manifest calls a label's value. 0 and 1 stand for false and true, and pandas writes 1 as 1.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    name = str(value).lower() if isinstance(value, bool) else str(value)
    if name in codes or value not in (0, 1, False, True):
        return name
    return next((other for other in (str(int(bool(value))), str(bool(value)).lower()) if other in codes), name)
