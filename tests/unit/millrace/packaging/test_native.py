"""The native engine is built anywhere, for any target, to the same bytes; and not at all where it cannot be.

Sources of three lines stand in for the engine's own where their content does not matter.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.sections import SymbolTableSection

from millrace.packaging import native
from millrace.packaging.native import NativeError, NoCompiler
from tests import scale

SMALL = """\
#define Py_LIMITED_API 0x030D0000
#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_native", .m_doc = DOC};
PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
"""
ARCHITECTURES = sorted(native.LAMBDA)

needs_compiler = pytest.mark.skipif(bool(native.trouble()), reason=native.trouble())


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return sources(tmp_path / "small", "built for a test")


def sources(folder: Path, doc: str) -> Path:
    folder.mkdir()
    (folder / "core.c").write_text(SMALL.replace("DOC", f'"{doc}"'))
    return folder


@pytest.fixture
def place(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this machine's engine goes, and the stamp that says of what it was built."""
    monkeypatch.setattr(native, "SOURCES", small)
    monkeypatch.setattr(native, "MODULE", tmp_path / "native" / native.MODULE.name)
    monkeypatch.setattr(native, "_STAMP", tmp_path / "stamp" / "inputs")
    return native.MODULE


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The engine itself, for each of Lambda's architectures."""
    folder = tmp_path_factory.mktemp("engines")
    paths = {architecture: folder / architecture / native.MODULE.name for architecture in ARCHITECTURES}
    for architecture, path in paths.items():
        native.build(architecture, path)
    return paths


def importing(module: Path, expression: str) -> str:
    """What a fresh Python says of the module."""
    code = f"import sys; sys.path.insert(0, {str(module.parent)!r}); import _native; print({expression})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@needs_compiler
@pytest.mark.long
@pytest.mark.parametrize("architecture", ARCHITECTURES if scale.LONG else [native.host_architecture()])
def test_the_same_sources_give_the_same_bytes_in_any_folder(
    architecture: str, engines: dict[str, Path], tmp_path: Path
) -> None:
    """The compiler keeps objects by the options too, and so by the folder: these are made anew."""
    elsewhere = tmp_path / "some where" / "else"
    shutil.copytree(native.SOURCES, elsewhere)

    native.build(architecture, tmp_path / "other.so", sources=elsewhere)

    assert (tmp_path / "other.so").read_bytes() == engines[architecture].read_bytes()


@needs_compiler
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_exports_its_entry_alone_and_asks_for_an_old_c_library(architecture: str, engines: dict[str, Path]) -> None:
    with engines[architecture].open("rb") as file:
        elf = ELFFile(file)

        assert elf["e_machine"] == {"arm64": "EM_AARCH64", "x86_64": "EM_X86_64"}[architecture]
        assert exported(elf) == ["PyInit__native"]
        assert needed(elf) <= {"libc.so.6", "libm.so.6"}
        assert max(glibc_versions(elf), default=(2, 0)) <= (2, 28)
        assert elf.get_section_by_name(".symtab") is None  # stripped


def exported(elf: ELFFile) -> list[str]:
    table = elf.get_section_by_name(".dynsym")
    assert isinstance(table, SymbolTableSection)
    return [symbol.name for symbol in table.iter_symbols() if symbol.name and symbol["st_shndx"] != "SHN_UNDEF"]


def needed(elf: ELFFile) -> set[str]:
    section = elf.get_section_by_name(".dynamic")
    assert isinstance(section, DynamicSection)
    return {tag.needed for tag in section.iter_tags() if tag.entry.d_tag == "DT_NEEDED"}


def glibc_versions(elf: ELFFile) -> set[tuple[int, ...]]:
    """(2, 17) for GLIBC_2.17, of each symbol that is looked for."""
    section = elf.get_section_by_name(".gnu.version_r")
    if section is None:
        return set()
    assert isinstance(section, GNUVerNeedSection)
    names = [version.name for _, versions in section.iter_versions() for version in versions]
    return {tuple(int(part) for part in name.removeprefix("GLIBC_").split(".")) for name in names}


# Part of the stable ABI in spite of their names: https://docs.python.org/3/c-api/stable.html
PUBLIC = {"_Py_Dealloc", "_Py_DecRef", "_Py_IncRef", "_Py_NoneStruct", "_Py_TrueStruct", "_Py_FalseStruct"}


@needs_compiler
def test_it_looks_for_no_private_name_of_pythons(engines: dict[str, Path]) -> None:
    with engines[native.host_architecture()].open("rb") as file:
        table = ELFFile(file).get_section_by_name(".dynsym")
        names = {symbol.name for symbol in table.iter_symbols() if symbol["st_shndx"] == "SHN_UNDEF"}

    assert "PyModuleDef_Init" in names
    assert {name for name in names if name.startswith("_Py")} <= PUBLIC


@needs_compiler
def test_it_is_loaded_by_this_python(place: Path) -> None:
    assert native.build_for_host()
    assert importing(place, "_native.__doc__") == "built for a test"


@needs_compiler
def test_it_is_built_again_only_if_something_changed(place: Path, small: Path) -> None:
    native.build_for_host()
    before = place.stat()

    assert not native.build_for_host()
    assert place.stat().st_ino == before.st_ino

    (small / "core.c").write_text(SMALL.replace("DOC", '"changed"'))
    assert native.build_for_host()
    assert importing(place, "_native.__doc__") == "changed"

    place.write_bytes(b"somebody else's")
    assert native.build_for_host()
    assert importing(place, "_native.__doc__") == "changed"

    place.unlink()
    assert native.build_for_host()
    assert place.exists()


@needs_compiler
def test_who_has_the_old_one_keeps_it(place: Path, small: Path) -> None:
    """Written in place, the new one would end the processes that have the old one mapped."""
    native.build_for_host()
    with place.open("rb") as old:
        (small / "core.c").write_text(SMALL.replace("DOC", '"another"'))
        native.build_for_host()

        assert b"built for a test" in old.read()
    assert [path.name for path in place.parent.iterdir()] == [place.name]


@needs_compiler
def test_what_does_not_compile_is_an_error_with_the_compilers_words(place: Path, small: Path) -> None:
    native.build_for_host()
    (small / "core.c").write_text("int f(long many) { return many; }\n")

    with pytest.raises(NativeError, match=r"does not compile for (?s:.*)core\.c:1:\d+: error: implicit conversion"):
        native.build_for_host()

    assert [path.name for path in place.parent.iterdir()] == [place.name]


@needs_compiler
def test_without_headers_there_is_none_and_one_line_says_why(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    native.build_for_host()
    assert place.exists()
    monkeypatch.setattr(native, "headers", lambda: tmp_path / "include")
    (native.SOURCES / "core.c").write_text("changed")

    with pytest.raises(NoCompiler) as raised:
        native.build_for_host()

    assert str(raised.value) == (
        f"no Python headers: expected {tmp_path}/include/Python.h (on Debian and Ubuntu: python3.13-dev)"
    )
    assert not place.exists()


def test_a_compiler_that_does_not_run_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another machine's architecture, say, or not installed."""
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr(native, "headers", lambda: tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert native.trouble() == "the C compiler does not run: it says nothing"

    (tmp_path / "ziglang.py").write_text("raise SystemExit('first\\nExec format error')\n")
    monkeypatch.undo()
    monkeypatch.setattr(native, "headers", lambda: tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert native.trouble() == "the C compiler does not run: Exec format error"


@needs_compiler
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_debian_keeps_pyconfig_apart(
    architecture: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the host's only is there, whatever it is compiled for."""
    include = tmp_path / "include" / "python3.13"
    shutil.copytree(native.headers(), include)
    apart = tmp_path / "include" / "x86_64-linux-gnu" / "python3.13"
    apart.mkdir(parents=True)
    (include / "pyconfig.h").rename(apart / "pyconfig.h")
    machines = {"__x86_64__": "x86_64-linux-gnu", "__aarch64__": "aarch64-linux-gnu"}
    (include / "pyconfig.h").write_text(
        "".join(
            f"#ifdef {name}\n#include <{triple}/python3.13/pyconfig.h>\n#endif\n" for name, triple in machines.items()
        )
    )
    monkeypatch.setattr(native, "headers", lambda: include)
    monkeypatch.setattr(native, "SCRATCH", tmp_path / "scratch")
    monkeypatch.setattr(native.sysconfig, "get_config_var", {"MULTIARCH": "x86_64-linux-gnu"}.get)

    native.build(architecture, tmp_path / "built.so", sources=small)

    assert (tmp_path / "built.so").exists()
    (read, *_) = (tmp_path / "scratch").rglob("pyconfig.h")
    with read.open() as file:  # by another build, at this moment
        native.build(architecture, tmp_path / "built.so", sources=small)
        assert os.fstat(file.fileno()).st_nlink == 0, "it is replaced, and never there in part"


@needs_compiler
def test_nothing_is_written_to_the_home_folder(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    native.build(native.host_architecture(), tmp_path / "built.so", sources=small)

    assert list(home.iterdir()) == []
    assert [path.name for path in small.iterdir()] == ["core.c"]
