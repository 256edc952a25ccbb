"""The text of a compressed object: what its members cost, whoever wrote it."""

import gzip

import pytest

from batches.errors import BatchRefused
from batches.lines import ranges
from batches.text import HEAD, MOST_EMPTY, ObjectText

LINE = b'{"a":1}\n'


def text(data: bytes, **settings: int) -> ObjectText:
    return ObjectText(lambda start, end: data[start:end], len(data), packed=True, where="s3://in/a.gz", **settings)


def test_members_that_give_nothing_have_a_limit() -> None:
    """Each costs time, and what follows it was copied for it: 4 MB of them took 40 s."""
    empty = gzip.compress(b"")
    assert b"".join(text(empty * MOST_EMPTY + gzip.compress(LINE)).blocks()) == LINE
    with pytest.raises(BatchRefused, match=f"more than {MOST_EMPTY:,} members without content"):
        list(text(empty * (MOST_EMPTY + 1) + gzip.compress(LINE)).blocks())


def test_small_members_are_joined() -> None:
    """A line is put together from its blocks: many small ones would cost the square of their number."""
    letter, count = gzip.compress(b"x"), 3 * HEAD + 5
    blocks = list(text(letter * count).blocks())
    assert [len(block) for block in blocks] == [HEAD, HEAD, HEAD, 5]
    assert [found.rows for found in ranges(blocks, 1000)] == [1]


@pytest.mark.parametrize("block", [7, 64, 1000])
def test_members_of_any_size_give_their_bytes(block: int) -> None:
    parts = [LINE * size for size in (0, 1, 3, 0, 200, 1)]
    data = b"".join(map(gzip.compress, parts))
    whole = b"".join(parts)
    for start in (0, 1, 8, 1000):
        assert b"".join(text(data, block=block).blocks(start)) == whole[start:]
    assert text(data, block=block).first_line() == LINE
