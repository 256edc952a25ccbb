"""libxgboost is smaller in the package than in its wheel, and what is mapped of it is the same."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from millrace.packaging.elf import shrunk
from predictors.xgboost.booster import library_path

# C++ exceptions must still be caught, which needs the tables for unwinding: a model that is none is refused, as ever.
USE = """
import ctypes, json, sys
library = ctypes.CDLL(sys.argv[1])
library.XGBGetLastError.restype = ctypes.c_char_p
handle = ctypes.c_void_p()
created = library.XGBoosterCreate(None, ctypes.c_uint64(0), ctypes.byref(handle))
loaded = library.XGBoosterLoadModelFromBuffer(handle, b"{no model", ctypes.c_uint64(9))
print(json.dumps([created, loaded, library.XGBGetLastError().decode()]))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF is Linux's format")


@pytest.fixture(scope="module")
def wheels_own() -> bytes:
    return library_path().read_bytes()


@pytest.fixture(scope="module")
def cut(wheels_own: bytes) -> bytes:
    return shrunk(wheels_own)


def test_it_is_a_good_deal_smaller(wheels_own: bytes, cut: bytes) -> None:
    assert len(cut) < 0.8 * len(wheels_own)


def test_all_that_is_mapped_lies_where_it_lay(wheels_own: bytes, cut: bytes) -> None:
    """Section by section of the old one, in the segments of the new one."""
    sections = [s for s in ELFFile(io.BytesIO(wheels_own)).iter_sections() if s["sh_flags"] & SH_FLAGS.SHF_ALLOC]
    segments = [s for s in ELFFile(io.BytesIO(cut)).iter_segments() if s["p_type"] == "PT_LOAD"]

    assert len(sections) > 20
    for section in (each for each in sections if each["sh_type"] != "SHT_NOBITS"):
        start, size = section["sh_addr"], section["sh_size"]
        (segment,) = (s for s in segments if s["p_vaddr"] <= start and start + size <= s["p_vaddr"] + s["p_filesz"])
        offset = start - segment["p_vaddr"] + segment["p_offset"]
        assert cut[offset : offset + size] == section.data(), section.name


def test_every_segment_is_still_there(wheels_own: bytes, cut: bytes) -> None:
    def shape(library: bytes) -> list[tuple[object, ...]]:
        return [
            (s["p_type"], s["p_flags"], s["p_vaddr"], s["p_align"])
            for s in ELFFile(io.BytesIO(library)).iter_segments()
        ]

    assert shape(cut) == shape(wheels_own)
    for segment in ELFFile(io.BytesIO(cut)).iter_segments("PT_LOAD"):
        assert segment["p_offset"] % segment["p_align"] == segment["p_vaddr"] % segment["p_align"]


def test_it_loads_and_catches_its_own_exceptions(cut: bytes, tmp_path: Path) -> None:
    # Beside its OpenMP, which is looked for at the same place as ever.
    library = tmp_path / "xgboost" / "lib" / library_path().name
    library.parent.mkdir(parents=True)
    library.write_bytes(cut)
    for libraries in library_path().parents[2].glob("xgboost*.libs"):
        (tmp_path / libraries.name).symlink_to(libraries)

    done = subprocess.run([sys.executable, "-c", USE, library], capture_output=True, text=True, check=True)

    created, loaded, error = json.loads(done.stdout)
    assert (created, loaded) == (0, -1)
    assert error


def test_twice_is_once(cut: bytes) -> None:
    assert shrunk(cut) == cut
