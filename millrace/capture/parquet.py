"""Reads Parquet files that functions wrote to S3, where something else may be in their place."""

import io
from collections.abc import Collection

import polars as pl

# For some damaged files polars panics, which is no Exception.
DAMAGED = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


class DamagedParquet(Exception):
    """The bytes are no Parquet file with the expected columns; the text says why."""


def parquet_frame(body: bytes, columns: Collection[str] = ()) -> pl.DataFrame:
    """The rows of a file that has these columns, and may have others. Raises DamagedParquet."""
    try:
        frame = pl.read_parquet(io.BytesIO(body))
    except DAMAGED as error:
        raise DamagedParquet(f"damaged bytes ({type(error).__name__})") from None
    if missing := [name for name in columns if name not in frame.columns]:
        raise DamagedParquet(f"a file without {', '.join(missing)}")
    return frame
