"""Reads captured rows, and the outcomes that the evaluator collected, by the hours that their keys name."""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from botocore.exceptions import ClientError

from aws_client.errors import error_code
from capture.columns import prefix
from millrace.capture.parquet import DamagedParquet, parquet_frame
from millrace.errors import UserError
from millrace.stack import Stack
from outcomes.collected import OUTCOME_COLUMNS

AT_ONCE = 16  # objects that are read at the same time
OUTCOMES = "evaluation/outcomes/"
# A file is named by its first row. Others may follow for as long as a container waits between two writes, and as Lambda
# freezes it without events, or S3 refuses its writes, meanwhile.
WAIT = timedelta(hours=24)
ROW = ("prediction_id", "event_id", "version", "scored_at")  # columns that every captured row has


class CaptureReader:
    """The captured rows of a stack's model. Raises UserError where the stack captures none."""

    def __init__(self, stack: Stack) -> None:
        output = stack.outputs.get("capture")
        if not output:
            raise UserError(
                f"the stack {stack.name!r} captures no rows: set capture = {{}} in its tfvars, deploy it, wait for rows"
            )
        self._s3, self._bucket = stack.client("s3"), output["bucket"]
        self._prefix = prefix(stack.outputs["model"]["name"])

    def frames(self, since: datetime, until: datetime) -> Iterator[pl.DataFrame]:
        """The files that can have rows scored from `since` to `until`; each is of one model version."""
        yield from _frames(self._s3, self._bucket, self._prefix, ROW, since - WAIT, until)

    def row(self, prediction_id: str, since: datetime, until: datetime) -> dict[str, Any] | None:
        """The row of a prediction, the newest files first; None where there is none."""
        for frame in _frames(self._s3, self._bucket, self._prefix, ROW, since, until, newest_first=True):
            found = frame.filter(pl.col("prediction_id") == prediction_id).sort("scored_at")
            if found.height:
                return found.row(0, named=True)
        return None


def outcomes(stack: Stack, since: datetime, until: datetime) -> pl.DataFrame:
    """The outcomes that arrived. Raises UserError where the stack collects none."""
    output = stack.outputs.get("evaluator")
    if not output:
        raise UserError(
            f"the stack {stack.name!r} collects no outcomes: set evaluator = {{}} in its tfvars and deploy it"
        )
    first = since - timedelta(hours=1)
    frames = list(_frames(stack.client("s3"), output["bucket"], OUTCOMES, OUTCOME_COLUMNS, first, until))
    if not frames:
        raise UserError(
            f"the stack {stack.name!r} has no outcomes from {since:%Y-%m-%d} to {until:%Y-%m-%d}: put them on the "
            f"stream {output['outcomes_stream']['name']}"
        )
    return pl.concat(frames, how="vertical_relaxed")


def _frames(
    s3: Any,
    bucket: str,
    prefix: str,
    columns: Collection[str],
    since: datetime,
    until: datetime,
    *,
    newest_first: bool = False,
) -> Iterator[pl.DataFrame]:
    """Each object below the prefix's hours, as it was written. Raises UserError for one without these columns."""
    hours = list(_hours(since, until))
    keys = (
        key
        for day in (sorted(_days(hours), reverse=newest_first))
        for key in sorted(_keys(s3, bucket, f"{prefix}{day}/"), reverse=newest_first)
        if key.removeprefix(prefix)[:13] in hours
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for key, body in _ahead(pool, lambda key: (key, _read(s3, bucket, key)), keys):
            if body is not None:
                yield _frame(bucket, key, body, columns)


def _frame(bucket: str, key: str, body: bytes, columns: Collection[str]) -> pl.DataFrame:
    try:
        return parquet_frame(body, columns)
    except DamagedParquet as error:
        raise UserError(
            f"s3://{bucket}/{key}: expected a Parquet file as the stack writes it, got {error}; restore an earlier "
            "version of it, or delete it"
        ) from None


def _ahead(pool: ThreadPoolExecutor, call: Any, items: Iterable[Any]) -> Iterator[Any]:
    """The results in order, with a few calls ahead of the one that is waited for: not all objects are in memory."""
    waiting: list[Any] = []
    for item in items:
        waiting.append(pool.submit(call, item))
        if len(waiting) >= 2 * AT_ONCE:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


def _hours(since: datetime, until: datetime) -> Iterator[str]:
    """As in keys: 2026/11/21/12."""
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        yield f"{hour:%Y/%m/%d/%H}"
        hour += timedelta(hours=1)


def _days(hours: Iterable[str]) -> set[str]:
    return {hour[:10] for hour in hours}


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (entry["Key"] for entry in page.get("Contents", []))


def _read(s3: Any, bucket: str, key: str) -> bytes | None:
    """None where it has expired, or was erased, since it was listed."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error_code(error) in ("NoSuchKey", "404"):
            return None
        raise
    return body
