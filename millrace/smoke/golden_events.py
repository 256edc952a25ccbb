"""Events that the model that serves must score: the golden rows of its manifest."""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import polars as pl

from millrace.replay import rows
from model_store.feature import Feature
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest
from stream_producers.event import Event


def events(manifest: Manifest, name: str, count: int) -> Iterator[Event]:
    """`count` events; `name` begins their ids. Golden rows come again where there are fewer."""
    golden = list(islice(cycle(manifest.golden_rows), count))
    columns = [_column(feature, i, golden) for i, feature in enumerate(manifest.features)]
    return rows.events(pl.DataFrame(columns), manifest, name)


def _column(feature: Feature, index: int, golden: list[GoldenRow]) -> pl.Series:
    return pl.Series(feature.name, [_value(feature, row.inputs[index]) for row in golden])


def _value(feature: Feature, value: Any) -> Any:
    """The value as an event has it: the model's inputs are numbers throughout."""
    if value is None:
        return None
    match feature.type:
        case "category":
            return feature.categories[int(value)]
        case "bool":
            return bool(value)
        case "int":
            return int(value)
    return value
