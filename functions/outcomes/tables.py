"""DuckDB, which holds and joins the rows of predictions and outcomes. The only module that imports it.

Its memory is limited: what exceeds the limit goes to temporary files. It reads and writes Parquet files on the
function's disk only; `store` moves them from and to S3.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

import duckdb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

LOG = logging.getLogger(__name__)

# MB of the function's memory for Python, its libraries, and the arrays of a chunk of rows: measured.
BASE_MB = 420
# A function of this memory has one vCPU.
MB_OF_A_CPU = 1_769


# What a damaged file makes DuckDB raise; the text of an error can quote bytes of it that are not UTF-8.
DAMAGED = (duckdb.Error, UnicodeDecodeError)


class Tables:
    """A database in memory. One for each container. memory_mb : of the function."""

    def __init__(self, memory_mb: int) -> None:
        self._folder = Path(mkdtemp(prefix="evaluator-"))
        finalize(self, rmtree, self._folder, ignore_errors=True)
        self._files = 0
        self._db = duckdb.connect(
            config={
                "memory_limit": f"{max(200, memory_mb - BASE_MB)}MB",
                "threads": max(1, memory_mb // MB_OF_A_CPU),
                "temp_directory": str(self._folder / "spilled"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )

    def parquet(self, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> bytes:
        """A Parquet file of rows, by the names of their columns. columns : their types, by name."""
        path = self._path()
        path.write_bytes(json.dumps(rows, separators=(",", ":")).encode("ascii"))
        types = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
        try:
            return self.written(f"SELECT * FROM read_json('{path}', columns = {{{types}}}, format = 'array')")
        finally:
            path.unlink()

    def written(self, query: str) -> bytes:
        """The rows of a query as a Parquet file."""
        target = self._path()
        try:
            self._db.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
            return target.read_bytes()
        finally:
            target.unlink(missing_ok=True)

    def run(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query; of a statement, none."""
        return self._db.execute(query, parameters or None).fetchall()

    def columns(self, query: str, **parameters: Any) -> list[NDArray[np.float64]]:
        """The columns of a query, all of them numbers without NULL."""
        return list(self._db.execute(query, parameters or None).fetchnumpy().values())

    def load(self, statement: str, files: Mapping[str, bytes]) -> list[str]:
        """Run a statement that reads `read_parquet($paths)`, on files, by their names; returns those that are damaged.

        It is run on the others. No files: nothing is run.
        """
        if not files:
            return []
        try:
            self._load(statement, files.values())
        except DAMAGED as error:
            if _is_of_resources(error):
                raise
            if len(files) == 1:
                LOG.warning(
                    "%s: expected a file as the evaluator writes it, got one with %s", *files, type(error).__name__
                )
                return [*files]
            return [name for one, body in files.items() for name in self.load(statement, {one: body})]
        return []

    def _load(self, statement: str, bodies: Iterable[bytes]) -> None:
        paths = []
        try:
            for body in bodies:
                paths.append(self._path())
                paths[-1].write_bytes(body)
            self.run(statement, paths=[str(path) for path in paths])
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

    def _path(self) -> Path:
        self._files += 1
        return self._folder / f"{self._files}.parquet"


def _is_of_resources(error: Exception) -> bool:
    """Whether memory or disk are at fault, and not the file."""
    return isinstance(error, duckdb.OutOfMemoryException) or "No space left" in str(error)
