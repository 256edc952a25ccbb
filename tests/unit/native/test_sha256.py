"""SHA-256 as it is compiled for this machine, and for one without instructions of its own."""

import ctypes
import hashlib
import random
import subprocess
import sys

import pytest

from millrace.packaging import native as compiler
from millrace.paths import SCRATCH
from tests.fakes import envelopes, native_rows

SOURCES = ("sha256.c", "sha256_select.c", "cpu.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The C functions by themselves."""
    if reason := compiler.trouble():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("sha256")
    target = ["-target", compiler.LAMBDA[compiler.host_architecture()]]
    options = [*target, "-std=c11", "-O2", "-fPIC", "-shared", "-Wl,-s", "-o", folder / "sha256.so"]
    cache = str(SCRATCH / "zig")
    environment = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    command = [sys.executable, "-m", "ziglang", "cc", *options, *(compiler.SOURCES / name for name in SOURCES)]
    subprocess.run(command, check=True, env=environment)
    return ctypes.CDLL(str(folder / "sha256.so"))


@pytest.fixture(params=["portable", "of this machine"])
def blocks(library, request):
    """The function that absorbs blocks."""
    if request.param == "portable":
        return ctypes.cast(library.sha256_portable, ctypes.c_void_p)
    library.sha256_select.restype = ctypes.c_void_p
    return ctypes.c_void_p(library.sha256_select())


def state_of(library):
    return (ctypes.c_uint32 * 8).in_dll(library, "sha256_initial")


def finish(library, blocks, state, before, rest):
    digest = (ctypes.c_uint8 * 32)()
    library.sha256_finish(blocks, state, ctypes.c_uint64(before), rest, ctypes.c_size_t(len(rest)), digest)
    return bytes(digest)


def test_messages_of_every_length(library, blocks):
    message = random.Random(1).randbytes(400)
    for size in range(len(message)):
        expected = hashlib.sha256(message[:size]).digest()
        assert finish(library, blocks, state_of(library), 0, message[:size]) == expected


def test_vectors_of_the_standard(library, blocks):
    """https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values"""
    found = finish(library, blocks, state_of(library), 0, b"abc")
    assert found.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    found = finish(library, blocks, state_of(library), 0, b"a" * 1_000_000)
    assert found.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"


@pytest.mark.parametrize("first", [64, 128, 640])
def test_a_message_whose_beginning_was_absorbed_before(library, blocks, first):
    message = random.Random(2).randbytes(first + 150)
    state = (ctypes.c_uint32 * 8)(*state_of(library))
    absorb = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)(blocks.value)
    absorb(state, message[:first], first // 64)
    for size in range(first, len(message)):
        found = finish(library, blocks, state, first, message[first:size])
        assert found == hashlib.sha256(message[:size]).digest()


def test_identities_of_every_length(native):
    """The ARN decides how much of the message all records share, and the sequence number how much is left."""
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(300)])["Records"]
    for number, record in enumerate(batch):
        record["eventSourceARN"] = "a" * number
        record["kinesis"]["sequenceNumber"] = "7" * (number * 37 % 129 + 1)
    assert native_rows.assert_as_reference(native, batch) == []
