"""A list of features to complete by hand, for `millrace model import --features`."""

import csv
import io
from collections.abc import Sequence

import polars as pl

from millrace.errors import UserError
from millrace.model.import_features import CATEGORY_SEPARATOR
from millrace.model.import_file import PlainModel
from millrace.model.tables import check_columns, feature_of
from model_store.feature import Feature

COLUMNS = ("name", "type", "path", "allow_missing", "categories", "unknown_category")


def from_model(model: PlainModel) -> list[Feature]:
    """The model's columns by its names, in its order: categories where it keeps them, else numbers to look over."""
    names = model.names or tuple(f"f{number}" for number in range(model.columns))
    pairs = zip(names, model.categories, strict=True)
    return [Feature(name, "category" if kept else "float", categories=kept) for name, kept in pairs]


def from_table(frame: pl.DataFrame, left_out: Sequence[str], names: Sequence[str] = ()) -> list[Feature]:
    """The columns with the types of their values; in the order of `names`, those of a model, where there are any.

    Text columns list their values sorted, which is the order of scikit-learn's OrdinalEncoder and of pandas'
    categories. Raises UserError.
    """
    check_columns(frame, left_out)
    columns = [name for name in frame.columns if name not in left_out]
    if names:
        if lacking := [name for name in names if name not in columns]:
            raise UserError(f"expected a column for each feature that the model names, got none for {lacking[0]!r}")
        columns = list(names)
    return [feature_of(frame[name], "seen") for name in columns]


def written(features: Sequence[Feature]) -> str:
    """The features as CSV, as `import_features.from_file` reads it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for feature in features:
        if wrong := [category for category in feature.categories if CATEGORY_SEPARATOR in category]:
            raise UserError(
                f"column {feature.name!r}: {wrong[0]!r} has a {CATEGORY_SEPARATOR}: list it in JSON instead"
            )
        allowed = "true" if feature.allow_missing else "false"
        unknown = feature.unknown_category if feature.type == "category" else ""
        categories = CATEGORY_SEPARATOR.join(feature.categories)
        rows.writerow((feature.name, feature.type, feature.path, allowed, categories, unknown))
    return text.getvalue()
