"""Base64 against Python's own, with the vectors of this processor and without any."""

import base64
import binascii
import ctypes
from collections.abc import Callable
from random import Random

import pytest

from millrace.packaging import native
from tests.fuzz.native import targets

pytestmark = pytest.mark.skipif(bool(native.trouble()), reason=native.trouble())

TEXTS = 20_000
MARK = b"do not touch this"


@pytest.fixture(scope="module", params=["vectors", "portable"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    path = tmp_path_factory.mktemp("base64") / "base64.so"
    flags = ("-O2", "-fPIC", "-shared", *(["-DNATIVE_PORTABLE"] if request.param == "portable" else []))
    sources = [native.SOURCES / name for name in ("base64.c", "cpu.c")]
    targets.compile_with(targets.with_zig(), path.parent, *flags, *sources, "-o", path)
    library = ctypes.CDLL(str(path))
    for function in (library.base64_decode, library.base64_encode):
        function.argtypes, function.restype = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p), ctypes.c_size_t
    return library


def call(function: Callable[[bytes, int, object], int], data: bytes, room: int) -> bytes | None:
    """What the function wrote, and nothing beyond its room; None where it refuses."""
    out = ctypes.create_string_buffer(room + len(MARK))
    out[room:] = MARK
    size = function(data, len(data), out)
    assert out[room:] == MARK
    return None if size == ctypes.c_size_t(-1).value else out[:size]


def decoded(library: ctypes.CDLL, text: bytes) -> bytes | None:
    return call(library.base64_decode, text, len(text) // 4 * 3 + 3)


def by_python(text: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


def test_bytes_of_every_length_come_back(library: ctypes.CDLL) -> None:
    random = Random(1)
    for size in range(1_000):
        data = random.randbytes(size)
        text = base64.b64encode(data)
        assert call(library.base64_encode, data, len(text)) == text
        assert decoded(library, text) == data


def test_what_python_refuses_is_refused_and_nothing_else(library: ctypes.CDLL) -> None:
    random, refused = Random(2), 0
    for _ in range(TEXTS):
        text = bytearray(base64.b64encode(random.randbytes(1 + random.randrange(random.choice((4, 200))))))
        for _ in range(random.randint(1, 2)):
            text[random.randrange(len(text))] = random.choice((random.randrange(256), *b"=+/A"))
        payload = bytes(text[: random.choice((len(text), random.randrange(len(text) + 1)))])
        expected = by_python(payload)
        assert decoded(library, payload) == expected, payload
        refused += expected is None
    assert TEXTS / 10 < refused < TEXTS * 9 / 10


@pytest.mark.parametrize("place", [0, 1, 31, 32, 63, 64, 95, 96, 127])
def test_every_byte_at_the_places_where_blocks_begin_and_end(library: ctypes.CDLL, place: int) -> None:
    text = bytearray(base64.b64encode(bytes(range(99))))
    for byte in range(256):
        text[place] = byte
        assert decoded(library, bytes(text)) == by_python(bytes(text))


@pytest.mark.parametrize(
    "text",
    b"|=|====|A|AA|AAA|AA=|A===|AA==|AB==|AAA=|AAB=|AA=A|AAAA====|AA==AA==|AAAA\n| AAA|AA-_|AA\0\0".split(b"|"),
)
def test_padding_stands_at_the_end_alone_and_hides_nothing(library: ctypes.CDLL, text: bytes) -> None:
    assert decoded(library, text) == by_python(text)
