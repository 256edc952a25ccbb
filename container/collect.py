"""Collects the files of the image, inside the build: collect.py APP TARGET.

They are the interpreter with the modules of its library that a server can need, APP, and the shared libraries that all
of these load. It uses the standard library alone, because the base has nothing else.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

# Of the standard library: tests, tools, what installs packages, and what needs a screen.
LEFT_OUT = {
    "test", "tests", "idlelib", "ensurepip", "pydoc_data", "tkinter", "turtledemo", "lib2to3", "venv", "site-packages",
    "dist-packages", "__pycache__", "turtle.py", "pip", "setuptools", "distutils", "_pyrepl",
}  # fmt: skip
EXTENSIONS_LEFT_OUT = (
    "_test", "_sqlite3", "_ctypes_test", "xxlimited", "_tkinter", "_curses", "readline", "_dbm", "_gdbm",
)  # fmt: skip
USER = 10001
FILES = {
    "etc/passwd": f"scorer:x:{USER}:{USER}:scorer:/app:/nonexistent\n",
    "etc/group": f"scorer:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
# Loaded by name at run time: glibc's look-up of hosts.
BY_NAME = ("libnss_dns.so.2", "libnss_files.so.2")


def main(app: Path, target: Path) -> None:
    shutil.copytree(app, target / "app")
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, at(target, library), ignore=ignored, symlinks=True)
    interpreter = Path(sys.executable).resolve()
    put(interpreter, target / "usr/local/bin/python3.13")
    if (prefix := Path(sys.base_prefix)) != Path("/usr/local"):  # where the interpreter looks for its library
        (target / "usr/local/lib").mkdir(parents=True, exist_ok=True)
        (target / "usr/local/lib" / library.name).symlink_to(at(Path("/"), library))
        print(f"the interpreter is of {prefix}")
    loaded = [interpreter, *(path for root in (at(target, library), target / "app") for path in root.rglob("*.so*"))]
    for path in sorted({found for one in loaded for found in libraries(one)}):
        put(path, at(target, path))
    for name in BY_NAME:
        for path in Path("/lib").rglob(name):
            put(path, at(target, path))
    for name, text in FILES.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)
    # The loader looks into /usr/local/lib by its cache only.
    (target / "etc/ld.so.conf").write_text("/usr/local/lib\n")
    subprocess.run(["/sbin/ldconfig", "-r", str(target)], check=True)  # noqa: S603 - our own command line
    for name in ("dev", "proc", "sys", "tmp"):  # where engines mount their own
        (target / name).mkdir()


def at(target: Path, path: Path) -> Path:
    """Where a file of the base is in the image."""
    return target / path.relative_to("/")


def put(source: Path, target: Path) -> None:
    """Copy a file, not the link to it, with its mode."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source.resolve(), target)


def ignored(folder: str, names: list[str]) -> set[str]:
    extensions = {name for name in names if folder.endswith("lib-dynload") and name.startswith(EXTENSIONS_LEFT_OUT)}
    static = {name for name in names if name.endswith((".a", ".pyc")) or name.startswith("config-3.13")}
    return LEFT_OUT.intersection(names) | extensions | static


def libraries(path: Path) -> set[Path]:
    """The shared libraries that a file loads, and what loads them; of the base, by their paths there."""
    done = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if "not found" in done.stdout:
        sys.exit(f"error: {path} needs what the base does not have:\n{done.stdout}")
    found = re.findall(r"(?:=> )?(/\S+) \(0x", done.stdout)
    return {Path(name) for name in found if not name.startswith(("/files", "/context"))}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
