"""How long a run takes and what it costs, before it starts: from the sizes of its objects, and a look into one."""

import zlib
from dataclasses import dataclass
from typing import Any

from batches.item import OBJECTS
from batches.objects import ListedObject, listed
from batches.plan import ITEM_BYTES, ITEM_SPANS
from batches.text import GZIP
from millrace.batch.place import Address, BatchPlace
from millrace.errors import UserError
from millrace.report.cost import Prices
from millrace.services.charges import MILLION
from millrace.services.states import TRANSITIONS, TRANSITIONS_A_CHILD

# Of a function with one vCPU; less memory is less of one. A quarter of what was measured (docs/batch.md), because
# Lambda's vCPU is slower, and waits for S3.
ROWS_A_SECOND, FULL_CPU_MB = 50_000, 1_769
# A cold start with a model, the plan of a small run, its end; and what an invocation takes besides its rows.
START_SECONDS, INVOCATION_SECONDS, PLAN_BYTES_A_SECOND = 8.0, 0.4, 60_000_000
SAMPLE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class BatchEstimate:
    """rows : estimated, unless every object is one. seconds : of the whole run. cost : in the prices' currency."""

    objects: int
    bytes: int
    rows: int
    invocations: int
    seconds: float
    cost: float
    prices: Prices

    def described(self) -> str:
        minutes = f"{self.seconds / 60:.0f} min" if self.seconds >= 120 else f"{self.seconds:.0f} s"
        return (
            f"{self.objects:,} objects, {self.bytes / 1e6:,.1f} MB, about {self.rows:,} rows: about {minutes} and "
            f"{self.cost:.2f} {self.prices.currency} ({self.prices.region}, prices as of {self.prices.as_of})"
        )


def estimate(place: BatchPlace, address: Address, form: str, prices: Prices | None = None) -> BatchEstimate:
    """Raises UserError where there is nothing to score, and what the client raises."""
    s3 = place.stack.client("s3")
    found = list(listed(s3, address.bucket, address.prefix))
    if not found:
        raise UserError(f"{address}: expected objects, found none; check the address")
    size, rows = sum(one.size for one in found), len(found)
    if form != OBJECTS:
        size, rows = _rows(s3, address.bucket, found, size)
    return of_sizes(place.settings, len(found), size, rows, prices or Prices.read())


def of_sizes(settings: dict[str, Any], objects: int, size: int, rows: int, prices: Prices) -> BatchEstimate:
    items = max(-(-size // ITEM_BYTES), -(-objects // ITEM_SPANS), 1)
    invocations = -(-items // settings["items_per_invocation"])
    speed = ROWS_A_SECOND * min(1.0, settings["memory_mb"] / FULL_CPU_MB)
    busy = rows / speed + invocations * INVOCATION_SECONDS
    planned = size / PLAN_BYTES_A_SECOND
    seconds = START_SECONDS + planned + busy / min(invocations, settings["maximum_concurrency"])
    price = prices.prices
    gigabyte_seconds = (busy + planned + START_SECONDS) * settings["memory_mb"] / 1024
    cost = (
        gigabyte_seconds * price[f"lambda_gb_second_{settings['architecture']}"]
        + invocations * price["lambda_million_requests"] / MILLION
        + invocations * TRANSITIONS_A_CHILD * price[TRANSITIONS] / 1_000
        + items * price["s3_thousand_puts"] / 1_000
        + (objects + 3 * items) * price["s3_thousand_gets"] / 1_000
    )
    return BatchEstimate(objects, size, rows, invocations, seconds, cost, prices)


def _rows(s3: Any, bucket: str, found: list[ListedObject], size: int) -> tuple[int, int]:
    """Bytes, inflated where the largest object is gzip, and rows: by what the largest object begins with."""
    largest = max(found, key=lambda one: one.size)
    if not largest.size:
        return size, 0
    answer = s3.get_object(Bucket=bucket, Key=largest.key, Range=f"bytes=0-{SAMPLE_BYTES - 1}")
    sample: bytes = answer["Body"].read()
    text = _inflated(sample) if largest.key.endswith(GZIP) else sample
    size = round(size * len(text) / len(sample))
    return size, max(1, round(size * max(1, text.count(b"\n")) / max(1, len(text))))


def _inflated(sample: bytes) -> bytes:
    """What the beginning of a gzip file has; nothing of one that is damaged, which the plan refuses."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(sample)
    except zlib.error:
        return b""
