"""Synthetic web sessions with a purchase intent, of which the truth is known.

Session i of a seed is always the same, whatever was asked for before and in which portions. Sessions begin one a
minute, from START on; no clock is read.
"""

from collections.abc import Iterator
from itertools import count, islice
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stream_producers.draws import BLOCK, SESSIONS, Uniforms, normals, uniforms
from stream_producers.event import PARTITION_KEYS, Event, encode, partition_key
from stream_producers.truth import FEATURES, LABEL, Columns, purchase_probability

__all__ = ["FEATURES", "LABEL", "Sessions"]

START = np.datetime64("2026-01-01T00:00:00.000", "ms")
_SPACING_MS = 60_000
_UNIFORMS = 18
_UNKNOWN_LAST_VISIT = b',"days_since_last_visit":null'  # left out; the other missing values stay, as null


class _Block(NamedTuple):
    """BLOCK sessions in a row."""

    began: NDArray[np.datetime64]
    columns: Columns
    probability: NDArray[np.float64]
    purchased: NDArray[np.int8]


class Sessions:
    """The endless sequence of sessions that belongs to a seed.

    >>> sessions = Sessions(seed=7)
    >>> table = sessions.table(20_000)           # to train on
    >>> events = sessions.events(start=20_000)   # to score
    """

    def __init__(self, seed: int = 7, *, keys: int = PARTITION_KEYS) -> None:
        self.seed, self._keys = seed, keys

    def events(self, start: int = 0) -> Iterator[Event]:
        """The events of the sessions from `start` on, without end. The outcome is in no event's data."""
        for number in count(start // BLOCK):
            yield from islice(self._events(number), max(0, start - number * BLOCK), None)

    def table(self, rows: int, start: int = 0) -> pl.DataFrame:
        """`rows` labelled sessions: a column for each of FEATURES, and LABEL (0 or 1)."""
        blocks = [_labelled(_block(self.seed, number)) for number in _numbers(start, rows)]
        return pl.concat(blocks).slice(start % BLOCK, rows)

    def probability(self, rows: int, start: int = 0) -> NDArray[np.float64]:
        """The true probability of a purchase of each of the sessions that `table` gives: the best score there is."""
        blocks = [_block(self.seed, number).probability for number in _numbers(start, rows)]
        return np.concatenate(blocks)[start % BLOCK :][:rows]

    def _events(self, number: int) -> Iterator[Event]:
        block = _block(self.seed, number)
        ids = [f"session-{self.seed}-{i:09d}" for i in range(number * BLOCK, (number + 1) * BLOCK)]
        began = np.datetime_as_string(block.began, unit="ms", timezone="UTC")
        texts = encode(_features(block), pl.Series(ids), pl.Series(began.tolist()))
        for event_id, data, purchased in zip(ids, texts, block.purchased.tolist(), strict=True):
            data = data.replace(_UNKNOWN_LAST_VISIT, b"")
            yield Event(event_id, data, partition_key(event_id, self._keys), purchased)


def _numbers(start: int, rows: int) -> range:
    """The blocks that hold `rows` sessions from `start` on; at least one, so that no rows still have columns."""
    return range(start // BLOCK, max(start, start + rows - 1) // BLOCK + 1)


def _block(seed: int, number: int) -> _Block:
    u = uniforms(seed, SESSIONS, number, _UNIFORMS)
    index = np.arange(number * BLOCK, (number + 1) * BLOCK)
    began = START + (index * _SPACING_MS + np.floor(u[0] * _SPACING_MS)).astype("timedelta64[ms]")
    columns = {**_calendar(began), **_behaviour(u)}
    probability = purchase_probability(columns)
    return _Block(began, columns, probability, (u[1] < probability).astype(np.int8))


def _calendar(began: NDArray[np.datetime64]) -> Columns:
    hours = began.astype("datetime64[h]").astype(np.int64)
    days_since_monday = (hours // 24 + 3) % 7  # 1970-01-01 was a Thursday
    return {"hour": hours % 24, "weekend": days_since_monday >= 5}


def _behaviour(u: Uniforms) -> Columns:
    """What the visitor did. One hidden quantity, the interest, moves pages, time, bounces and cart alike."""
    interest, breadth = normals(u[2], u[3])
    reading, leaving = normals(u[4], u[5])
    buying, searching = normals(u[6], u[7])
    price = normals(u[8], u[9])[0]

    visitor = np.searchsorted([0.35, 0.95], u[10], side="right")
    pages = 1 + np.floor(np.exp(1.5 + 0.7 * interest + 0.5 * breadth))
    items = np.floor(np.exp(-0.6 + 0.9 * interest + 0.9 * buying))
    bounce_rate = np.minimum(1, np.round(0.02 * np.exp(-0.8 * interest + 0.8 * leaving), 4))
    days = np.round(-14 * np.log1p(-u[14]), 1)
    return {
        "visitor_type": visitor,
        "device": np.searchsorted([0.38, 0.90], u[11], side="right"),
        "pages_viewed": pages.astype(np.int64),
        "product_pages": np.floor(pages * np.sqrt(u[12])).astype(np.int64),
        "searches": np.floor(np.exp(-0.6 + 0.3 * interest + 0.9 * searching)).astype(np.int64),
        "seconds_on_site": np.round(pages * np.exp(3.5 + 0.2 * interest + 0.7 * reading), 1),
        "bounce_rate": np.where(u[13] < 0.04, np.nan, bounce_rate),
        "cart_items": items.astype(np.int64),
        "cart_value": np.where(items > 0, np.round(items * np.exp(3.2 + 0.8 * price), 2), np.nan),
        "days_since_last_visit": np.where((visitor == 0) | (u[15] < 0.05), np.nan, days),
    }


def _features(block: _Block) -> pl.DataFrame:
    """The columns in the order of FEATURES, categories by name, missing values as null."""
    series = (pl.Series(feature.name, block.columns[feature.name], nan_to_null=True) for feature in FEATURES)
    frame = pl.DataFrame(list(series))
    names = {feature.name: pl.Series(feature.categories) for feature in FEATURES if feature.categories}
    return frame.with_columns(words.gather(frame[name]).alias(name) for name, words in names.items())


def _labelled(block: _Block) -> pl.DataFrame:
    return _features(block).with_columns(pl.Series(LABEL, block.purchased))
