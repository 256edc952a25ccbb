"""How a Lambda package is made of a folder of modules: byte for byte the same each time, and within its budget."""

import ast
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_client.session import SERVICES
from inputs import KINDS
from millrace.errors import UserError
from millrace.packaging import bill
from millrace.paths import FUNCTIONS, ROOT
from sources import REGISTERED

# Folders of the staging area: what the package is made of, and wheels that files are taken from.
TREE, WHEELS = "tree", "wheels"
# Python's level of optimisation that leaves docstrings out.
WITHOUT_DOCSTRINGS = "2"


class PackageError(UserError):
    """The package could not be built; the message says what was expected and what to do."""


LAMBDAS_LIMIT = 250 * 1024 * 1024  # bytes of a function's code, unzipped


@dataclass(frozen=True, slots=True)
class Budget:
    """Most bytes of a package. Lambda's own limits are 50 MB zipped (direct upload) and LAMBDAS_LIMIT."""

    zipped: int
    unzipped: int


@dataclass(frozen=True, slots=True)
class Package:
    """A built package: where it is, its size in bytes, and whether it was built now; with the native engine or not."""

    path: Path
    zipped: int
    unzipped: int
    built: bool
    native: bool = False


@dataclass(frozen=True, slots=True)
class PackageRecipe:
    """What a package is made of.

    modules : files below functions/, copied as they are. stage : adds the rest to the folder it is given.
    inputs, others : files and texts that the rest depends on. level : of compression, 0 to 9.
    """

    name: str
    budget: Budget
    modules: Sequence[Path]
    inputs: Sequence[Path]
    others: Sequence[str] = ()
    stage: Callable[[Path], None] = lambda staging: None
    level: int = 9

    def digest(self) -> str:
        """Equal for two packages that are built of the same contents."""
        return digest([*self.inputs, *self.modules], *self.others)

    def build(self, folder: Path, *, native: bool = False, force: bool = False) -> Package:
        """Build `<name>.zip` in `folder` with its bill of materials, unless it is up to date. Raises UserError."""
        target = folder / f"{self.name}.zip"
        built = make(target, self.digest(), self._stage, describe=self._bill, force=force, level=self.level)
        return Package(target, *sizes(target, self.budget), built, native)

    def _stage(self, staging: Path) -> None:
        for path in self.modules:
            copy(path, staging / TREE / path.relative_to(FUNCTIONS))
        self.stage(staging)

    def _bill(self, staging: Path, package: Path) -> str:
        own = {path.relative_to(FUNCTIONS).as_posix() for path in self.modules}
        return bill.bill(package, staging / TREE, [staging / WHEELS, staging / TREE], own)


# What a module imports by a text: the kinds of inputs, for any manifest that names one; services and sources.
_BY_TEXT = {
    "inputs/__init__.py": [FUNCTIONS / f"{module.replace('.', '/')}.py" for module in KINDS.values()],
    "aws_client/session.py": [FUNCTIONS / f"aws_client/{service}.py" for service in SERVICES],
    "sources/__init__.py": [FUNCTIONS / f"sources/{source.module}.py" for source in REGISTERED],
}


def imported(*scripts: Path) -> list[Path]:
    """These modules of functions/, and those of it that they import at run time, wherever in the code."""
    found, waiting = set[Path](), list(scripts)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [*_imports(path), *_BY_TEXT.get(path.relative_to(FUNCTIONS).as_posix(), ())]
    return sorted(found)


def _imports(path: Path) -> Iterator[Path]:
    """The modules of functions/ that one imports, with the packages that they are in; and its own package."""
    names = [".".join(path.relative_to(FUNCTIONS).with_suffix("").parts)]
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        waiting += ast.iter_child_nodes(node)
    for name in names:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            module = FUNCTIONS.joinpath(*parts[:end])
            yield from (file for file in (module / "__init__.py", module.with_suffix(".py")) if file.is_file())


def bill_of(package: Path) -> Path:
    """Where a package's bill of materials is: next to it."""
    return package.with_suffix(".cdx.json")


def make(
    target: Path,
    inputs: str,
    stage: Callable[[Path], None],
    *,
    describe: Callable[[Path, Path], str] | None = None,
    force: bool = False,
    level: int = 9,
) -> bool:
    """Zip what `stage` puts into the folder `tree` of the folder it is given, and say so.

    describe : the bill of materials of what was staged and of the zip, written next to it.

    Not made where `target` is there, as it was made, of the same `inputs`. Processes that make it at once each have a
    folder of their own. Raises what `stage` and `describe` raise, and PackageError.
    """
    stamp = target.with_suffix(".inputs")
    made = [target, *([bill_of(target)] if describe else ())]
    if not force and stamp.is_file() and stamp.read_bytes() == _stamp(inputs, made):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"staging-{target.stem}-", dir=target.parent) as name:
        staging = Path(name)
        stage(staging)
        _compile(staging / TREE)
        package = _zip(staging / TREE, staging / target.name, level)
        if describe:
            bill_of(package).write_text(describe(staging, package))
        written = [staging / path.name for path in made]
        stamped = _stamp(inputs, written)
        for new, path in zip(written, made, strict=True):
            new.replace(path)
    stamp.write_bytes(stamped)
    return True


def _stamp(inputs: str, made: Iterable[Path]) -> bytes:
    """The inputs, and what was made of them: no match for files that were changed later, or are of another build."""
    contents = (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none" for path in made)
    return " ".join([inputs, *contents]).encode()


def sizes(target: Path, budget: Budget) -> tuple[int, int]:
    """Bytes zipped and unzipped. Raises PackageError where they are more than the budget."""
    zipped = target.stat().st_size
    with zipfile.ZipFile(target) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    for name, size, most in (("zipped", zipped, budget.zipped), ("unzipped", unzipped, budget.unzipped)):
        if size > most:
            raise PackageError(f"{target.name}: expected at most {most:,} bytes {name}, got {size:,}")
    return zipped, unzipped


def copy(source: Path, target: Path) -> None:
    """Copy a file; the folder that it goes to is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def digest(inputs: Iterable[Path], *others: str) -> str:
    """What a package is made of: files of this project, other texts, what makes it, and the versions in its bill."""
    found = hashlib.sha256("\0".join([sys.version, *bill.versions(), *others]).encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *inputs):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _compile(tree: Path) -> None:
    """Ship bytecode, which Lambda cannot cache: by content, not by time, and without this machine's paths.

    Ours is without docstrings: the sources next to it have them. Others may read theirs.
    """
    own, others = list[Path](), list[Path]()
    for path in sorted(tree.rglob("*.py")):
        (own if (FUNCTIONS / path.relative_to(tree)).is_file() else others).append(path)
    _run_compileall(tree, others)
    _run_compileall(tree, own, "-o", WITHOUT_DOCSTRINGS)
    for stripped in tree.rglob(f"*.opt-{WITHOUT_DOCSTRINGS}.pyc"):
        stripped.replace(stripped.with_name(stripped.name.replace(f".opt-{WITHOUT_DOCSTRINGS}", "")))
    _check_bytecode(tree, [*own, *others])


def _run_compileall(tree: Path, paths: Sequence[Path], *options: str) -> None:
    """In a process of its own: what else a process has imported changes the bytes, and so do Python's variables."""
    if not paths:
        return  # without any it compiles all of this Python's own
    command = [
        sys.executable, "-I", "-S", "-m", "compileall", "-q", "-f", "-j", "1", "-s", str(tree),
        "--invalidation-mode", "unchecked-hash", *options, "-i", "-",
    ]  # fmt: skip
    listed = "\n".join(map(str, paths))
    done = subprocess.run(command, input=listed, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise PackageError(f"could not compile the package: {(done.stdout + done.stderr).strip()}")


def _check_bytecode(tree: Path, sources: Iterable[Path]) -> None:
    """Raises PackageError unless the tree has each module's bytecode, where Lambda looks for it, and no other."""
    tag = sys.implementation.cache_tag
    expected = {path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc" for path in sources}
    if wrong := sorted(expected ^ set(tree.rglob("*.pyc"))):
        state = "is missing" if wrong[0] in expected else "is of no module"
        raise PackageError(
            f"could not compile the package: expected the bytecode of each module and no other, "
            f"{wrong[0].relative_to(tree)} {state}; run make setup, and take no bytecode from wheels"
        )


def _zip(tree: Path, target: Path, level: int) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())
    return target
