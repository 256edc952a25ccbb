"""Imports a package's modules straight from their bytecode, where that is never checked against its source (PEP 552).

For each module Python's own finder asks after files that it does not read: a sixth of the imports. The sources stay
in the package, for people and for tracebacks. Where bytecode is checked, as in a checkout, nothing changes.
"""

from __future__ import annotations

import marshal
import os  # not pathlib, whose import takes a millisecond
import sys
from _frozen_importlib import ModuleSpec  # importlib.machinery's, without importing that
from _frozen_importlib_external import MAGIC_NUMBER  # importlib.util's
from _imp import _fix_co_filename  # type: ignore[attr-defined]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

# How bytecode begins: 4 bytes of Python's version, flags (by content, and never checked); then 8 bytes of a digest.
_HEADER_BYTES = 16
_BEGIN = MAGIC_NUMBER + (0b01).to_bytes(4, "little")


def install(spec: ModuleSpec | None) -> None:
    """Import the packages next to that of a module with this spec.

    Does nothing where the module's own bytecode is checked, or of another Python.
    """
    if spec is None or not spec.origin or not spec.cached:
        return
    try:
        with open(spec.cached, "rb") as file:  # noqa: PTH123
            head = file.read(len(_BEGIN))
    except OSError:
        return
    if head != _BEGIN:
        return
    root = spec.origin
    for _ in spec.name.split("."):
        root = os.path.dirname(root)  # noqa: PTH120
    sys.meta_path.insert(0, BytecodeFinder(root))


class BytecodeFinder:
    """Finds and loads the modules below `root` whose bytecode is never checked; Python's own finder all others."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._packages = frozenset(os.listdir(root))  # noqa: PTH208
        self._ending = f".{sys.implementation.cache_tag}.pyc"

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        if name.partition(".")[0] not in self._packages:
            return None
        folder = f"{self._root}/{name.replace('.', '/')}"
        if os.access(folder, os.F_OK):  # as Python's own finder does: a package before a module of its name
            return self._spec(name, folder, "__init__", [folder])
        parent, _, last = folder.rpartition("/")
        return self._spec(name, parent, last, None)

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual one."""

    def exec_module(self, module: ModuleType) -> None:
        spec: Any = module.__spec__
        code = marshal.loads(memoryview(spec.loader_state)[_HEADER_BYTES:])  # noqa: S302 - of our own package
        spec.loader_state = None
        _fix_co_filename(code, spec.origin)  # as Python's own loader does, for tracebacks
        exec(code, module.__dict__)  # noqa: S102 - that is what importing is

    def _spec(self, name: str, folder: str, file: str, inside: list[str] | None) -> ModuleSpec | None:
        """inside : a package's search path; None for a module."""
        cached = f"{folder}/__pycache__/{file}{self._ending}"
        try:
            with open(cached, "rb", buffering=0) as opened:  # noqa: PTH123
                content = opened.read()
        except OSError:
            return None
        if not content.startswith(_BEGIN) or len(content) < _HEADER_BYTES:
            return None
        loader: Any = self
        spec = ModuleSpec(
            name, loader, origin=f"{folder}/{file}.py", is_package=inside is not None, loader_state=content
        )
        spec.submodule_search_locations = inside
        spec.has_location, spec.cached = True, cached
        return spec
