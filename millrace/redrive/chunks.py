"""Chunks: as many records as one invocation takes, from as many objects and messages as that needs."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from millrace.redrive.waiting import FailureOrigin, Holding, Selection, Waiting
from records.chunking import cut

MAX_RECORDS = 1_000
# A synchronous request to Lambda may have 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BYTES = 5_000_000
# Calls of the sink that an invocation is given time for: where all records are of one key, they follow each other.
MAX_CALLS = 100


def chunk_records(entries: int) -> int:
    """Records of a chunk. entries : predictions that a call of the sink takes."""
    return min(MAX_RECORDS, MAX_CALLS * entries)


class Chosen(NamedTuple):
    """A record that is to be redriven, what it is in, and where that is from."""

    origin: FailureOrigin
    holding: Holding
    waiting: Waiting


def chosen(origins: Iterable[FailureOrigin], selection: Selection) -> Iterator[Chosen]:
    """What the selection chooses, origin by origin, up to its limit."""
    return islice(
        (
            Chosen(origin, holding, one)
            for origin in origins
            for holding in origin.holdings()
            for one in tuple(holding.waiting)  # which gets shorter while its records are settled
            if selection.chooses(one)
        ),
        selection.limit,
    )


def chunks(
    records: Iterable[Chosen], max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES
) -> Iterator[list[Chosen]]:
    """A record that is larger than a chunk may be gets one to itself."""
    return cut(records, _size, most=max_records, most_bytes=max_bytes)


def _size(record: Chosen) -> int:
    """Bytes in the invocation's request, with what parts it from the next."""
    return len(json.dumps(record.waiting.envelope)) + 2
