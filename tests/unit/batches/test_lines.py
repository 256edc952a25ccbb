import pytest

from batches.errors import BatchRefused
from batches.lines import ranges

TEXT = b"".join(b"%d\n" % number for number in range(1000))


def cut(data: bytes, most: int, block: int, start: int = 0, max_line: int = 1000) -> list[tuple[int, int, int]]:
    blocks = (data[at : at + block] for at in range(start, len(data), block))
    found = list(ranges(blocks, most, start, max_line))
    assert [one.last for one in found] == [one.end == len(data) for one in found]
    assert all(one.data == data[one.start : one.end] for one in found)
    return [(one.start, one.end, one.rows) for one in found]


@pytest.mark.parametrize("data", [TEXT, TEXT[:-1], b"one", b"\n\n\n", b"a\n\nb", b"x" * 50 + b"\ny\n"])
@pytest.mark.parametrize("most", [1, 7, 100, 10_000])
@pytest.mark.parametrize("block", [1, 13, 10_000])
def test_ranges_are_whole_lines_and_all_of_them(data: bytes, most: int, block: int) -> None:
    found = cut(data, most, block)
    assert b"".join(data[start:end] for start, end, _ in found) == data
    for start, end, rows in found:
        part = data[start:end]
        assert part.endswith(b"\n") or end == len(data)
        assert rows == len(part.removesuffix(b"\n").split(b"\n"))
        assert len(part) <= most or part.removesuffix(b"\n").count(b"\n") == 0


def test_an_empty_object_has_no_range() -> None:
    assert cut(b"", 10, 10) == []


def test_ranges_continue_where_others_ended() -> None:
    found = cut(TEXT, 100, 64)
    assert (
        cut(TEXT, 100, 64, start=found[4][0]) == found[4:]
        or b"".join(TEXT[start:end] for start, end, _ in cut(TEXT, 100, 64, start=found[4][0])) == TEXT[found[4][0] :]
    )


def test_what_has_no_lines_is_refused() -> None:
    with pytest.raises(BatchRefused, match="lines"):
        cut(b"x" * 5000, 100, 500)
