"""What scores with a verified model: the native engine where it covers the model, else XGBoost's library.

Both give the same bits. The native engine reads UBJSON alone, and leaves to XGBoost what it does not cover: linear
models, leaves that are vectors, and whatever is unusual in a file.
"""

from __future__ import annotations

from array import array

from native import MISSING, NATIVE
from predictors.xgboost import UBJ_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from model_store.manifest import Manifest
    from native._native import Forest

# What starting a thread costs, a thousand rows of a middling model cost many times over.
ROWS_A_THREAD = 2_000


class NativePredictor:
    """A model that the native engine evaluates.

    threads : how many share the rows of one call, which pays from some thousand rows on only.
    """

    engine, reason = "native", ""

    def __init__(self, forest: Forest, threads: int = 1) -> None:
        self._forest, self._threads = forest, threads

    def predict(self, matrix: bytes | bytearray, rows: int) -> array[float]:
        """As `Predictor.predict`. Raises ValueError for a matrix of another size."""
        scores = array("f")
        parts = min(self._threads, rows // ROWS_A_THREAD)
        if parts <= 1:
            scores.frombytes(self._forest.scores(matrix, rows))
            return scores
        for part in self._shared(memoryview(matrix), rows, parts):
            scores.frombytes(part)
        return scores

    def _shared(self, matrix: memoryview, rows: int, parts: int) -> list[bytearray]:
        """The engine lets go of the interpreter's lock while it scores."""
        from concurrent.futures import ThreadPoolExecutor  # takes milliseconds to import, and one thread needs it not

        width = 4 * self._forest.columns
        if len(matrix) != width * rows:
            raise ValueError(f"matrix: expected {rows} rows of {width} bytes, got {len(matrix)} bytes")
        cuts = [rows * i // parts for i in range(parts + 1)]
        with ThreadPoolExecutor(parts) as pool:
            return list(
                pool.map(
                    lambda start, end: self._forest.scores(matrix[start * width : end * width], end - start),
                    cuts[:-1],
                    cuts[1:],
                )
            )


def native_forest(manifest: Manifest, model: bytes) -> tuple[Forest | None, str]:
    """The model as the native engine takes it, its trees checked; None with the reason where it does not."""
    if NATIVE is None:
        return None, f"no native engine: {MISSING}"
    if manifest.file.name != UBJ_FILE:
        return None, f"the native engine reads {UBJ_FILE}, not {manifest.file.name}"
    try:
        return NATIVE.Forest(model, manifest.rounds), ""
    except (NATIVE.NotCovered, OverflowError) as error:
        return None, f"not covered by the native engine: {error}"
