"""Modules of a package come from bytecode that is never checked; all others as ever."""

import importlib
import importlib.util
import py_compile
import sys
import traceback
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from py_compile import PycInvalidationMode
from types import ModuleType

import pytest

from scorer.bytecode import install

UNCHECKED, CHECKED = PycInvalidationMode.UNCHECKED_HASH, PycInvalidationMode.CHECKED_HASH
FILES = {"boxes/__init__.py": "", "boxes/inner/__init__.py": "", "boxes/inner/lid.py": "", "boxes/entry.py": ""}


def module(text: str) -> str:
    return f"WHICH = {text!r}\ndef fail():\n    raise ValueError(WHICH)\n"


def compiled(path: Path, mode: PycInvalidationMode) -> Path:
    """Write the bytecode of a file as of another checkout, and change the file after that."""
    path.write_text(module("bytecode"))
    found = py_compile.compile(str(path), dfile=path.name, doraise=True, invalidation_mode=mode)
    path.write_text(module("source"))
    return Path(str(found))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a package whose bytecode is never checked, and is not what its sources say."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        compiled(tmp_path / name, UNCHECKED)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "boxes"]:
        del sys.modules[name]


def installed(root: Path) -> bool:
    """Install it as boxes/entry.py would; whether there is another finder now."""
    before = len(sys.meta_path)
    path = root / "boxes" / "entry.py"
    spec = importlib.util.spec_from_file_location("boxes.entry", path)
    install(spec)
    return len(sys.meta_path) > before


def imported(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_modules_come_from_bytecode_and_look_as_if_python_had_imported_them(root: Path) -> None:
    assert installed(root)

    package, lid = imported("boxes.inner"), imported("boxes.inner.lid")

    finder = sys.meta_path[0]
    assert package.__spec__
    assert lid.__spec__
    assert package.__spec__.loader is lid.__spec__.loader is finder
    assert (lid.WHICH, lid.__name__, lid.__package__) == ("bytecode", "boxes.inner.lid", "boxes.inner")
    assert lid.__file__ == str(root / "boxes" / "inner" / "lid.py")
    assert lid.__cached__ == importlib.util.cache_from_source(lid.__file__)
    assert package.__file__ == str(root / "boxes" / "inner" / "__init__.py")
    assert list(package.__path__) == [str(root / "boxes" / "inner")]
    assert not hasattr(lid, "__path__")


def test_tracebacks_name_the_source(root: Path) -> None:
    installed(root)
    lid = imported("boxes.inner.lid")

    with pytest.raises(ValueError, match="bytecode") as raised:
        lid.fail()

    frame = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (frame.filename, frame.lineno, frame.line) == (lid.__file__, 3, "raise ValueError(WHICH)")


def _checked(path: Path) -> None:
    compiled(path, CHECKED)


def _of_another_python(path: Path) -> None:
    cached = compiled(path, UNCHECKED)
    content = cached.read_bytes()
    cached.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def _cut_off(path: Path) -> None:
    cached = compiled(path, UNCHECKED)
    cached.write_bytes(cached.read_bytes()[:6])


def _absent(path: Path) -> None:
    compiled(path, UNCHECKED).unlink()


@pytest.mark.parametrize("change", [_checked, _of_another_python, _cut_off, _absent])
def test_other_bytecode_is_left_to_python(root: Path, change: object) -> None:
    change(root / "boxes" / "inner" / "lid.py")  # type: ignore[operator]
    installed(root)

    assert imported("boxes.inner.lid").WHICH == "source"
    assert imported("boxes.inner").WHICH == "bytecode"


def test_what_lies_elsewhere_is_left_to_python(root: Path) -> None:
    installed(root)
    finder = sys.meta_path[0]

    assert finder.find_spec("json") is None
    assert finder.find_spec("boxes.nowhere") is None
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        imported("boxes.nowhere")


@pytest.mark.parametrize(("change", "which"), [(None, "bytecode"), (_checked, "source"), (_absent, "source")])
def test_a_package_comes_before_a_module_of_its_name(root: Path, change: object, which: str) -> None:
    compiled(root / "boxes" / "inner.py", UNCHECKED)
    if change:
        change(root / "boxes" / "inner" / "__init__.py")  # type: ignore[operator]
    installed(root)

    found = imported("boxes.inner")
    assert (found.__file__, found.WHICH) == (str(root / "boxes" / "inner" / "__init__.py"), which)
    assert imported("boxes.inner.lid").WHICH == "bytecode"


@pytest.mark.parametrize("change", [_checked, _of_another_python, _cut_off, _absent])
def test_where_bytecode_is_checked_nothing_changes(root: Path, change: object) -> None:
    change(root / "boxes" / "entry.py")  # type: ignore[operator]

    assert not installed(root)


@pytest.mark.parametrize("spec", [None, ModuleSpec("entry", None)])
def test_what_is_no_file_changes_nothing(spec: ModuleSpec | None) -> None:
    before = list(sys.meta_path)

    install(spec)

    assert sys.meta_path == before
