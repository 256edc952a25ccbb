"""The extension, built of src/. Of their arguments only tables keep their schema, envelopes their event and layouts.

Nothing here may be used by two threads at the same time, except for a `Forest` and a `Schema`, which never change.
"""

from collections.abc import Buffer, Sequence
from typing import Any, Protocol, overload

KERNELS: tuple[str, ...]
"""The ways to evaluate trees that this processor has: automatic, walk, portable, and avx2 or neon."""

class NotCovered(ValueError):
    """The model is not one that the kernel evaluates; the message says why."""

class Forest:
    """The trees of one model, flattened."""

    def __init__(self, model: Buffer, iterations: int = 0, *, kernel: str = "automatic") -> None:
        """model : a UBJ model file, of any origin. kernel : one of KERNELS. Raises NotCovered."""

    columns: int
    classes: int
    skeleton: str
    """JSON text of the model file's members, without the trees: what the checks in Python read."""

    def margins(self, matrix: Buffer, rows: int) -> bytearray:
        """Sums of the leaves and the base score, float32, rows × classes. Raises ValueError for another size."""

    def scores(self, matrix: Buffer, rows: int) -> bytearray:
        """The objective's predictions, float32, rows × classes: bit for bit XGBoost's."""

class Schema:
    """A manifest's schema, compiled.

    Features: (name, type, missing allowed, categories, unknown is missing), and optionally the values that count as
    missing, as they are in a row.
    """

    def __init__(
        self,
        event_id: Sequence[str],
        features_path: Sequence[str],
        features: Sequence[
            tuple[str, str, bool, Sequence[str], bool] | tuple[str, str, bool, Sequence[str], bool, Sequence[float]]
        ],
    ) -> None: ...

    columns: int

    def decode(self, payload: Buffer) -> tuple[str, bytes, int] | None:
        """Event id, float32 row and count of ignored members; None where the reference implementation must read it."""

class Messages:
    """Predictions on their way out, one after the other in one buffer. Reads like a sequence of (key, body)."""

    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> tuple[str, bytes]: ...
    def append(self, key: str, body: Buffer, /) -> None: ...
    def cut(
        self, pending: Sequence[int], most: int, most_bytes: int, with_keys: bool, lanes: int = 1
    ) -> list[list[Sequence[int]]]:
        """`pending` in `lanes` lanes of calls of at most `most` messages and `most_bytes`, as MessageList.cut.

        The keys count where `with_keys`. One lane is cut into slices of `pending`; of more, those that are empty are
        left out. Raises IndexError for a message that is not there.
        """

    def put_records(self, stream_arn: str, indices: Sequence[int]) -> bytes:
        """The JSON body of one PutRecords request, compact and in ASCII."""

class Table:
    """The rows that one variant scores, side by side. `model` is the JSON text of a prediction's `model` member."""

    def __init__(self, schema: Schema, model: str) -> None: ...

    rows: int
    ignored_members: int

    def matrix(self) -> bytearray:
        """Row-major float32, rows × columns."""

    def missing(self) -> list[int]:
        """The number of missing values in each column."""

    def add(self, key: str, prediction_id: str, source: str, payload: Buffer, origin: int, /) -> bool:
        """Decode a payload into a row; False where the reference implementation must read it, and nothing is added.

        source : JSON text of a prediction's `source` member.
        """

    def add_row(
        self, key: str, prediction_id: str, source: str, event_id: str, row: Buffer, ignored: int, origin: int
    ) -> None:
        """A row that the reference implementation made."""

    def origin(self, row: int, /) -> int:
        """The number that the row came with: its envelope's place in the batch."""

    def encode(
        self,
        scores: Buffer,
        classes: int,
        labels: Sequence[str],
        threshold: float | None,
        scored_at: str,
        limit: int,
        with_keys: bool,
        messages: Messages,
        names: Sequence[str] = (),
    ) -> tuple[list[int], list[int]]:
        """Add a message for each row; the rows without one: those without finite scores, and those beyond `limit`.

        scores : float32, rows × classes. scored_at : RFC 3339. limit : bytes of a message; its key counts where
        `with_keys`. names : of the scores, each as JSON with a colon; () where they have none. Raises ValueError where
        scores, labels or names do not fit, and for keys that count and cannot be UTF-8; no message is added then.
        """

class Layout(Protocol):
    """Where a source's envelopes hold what a prediction needs: sources/layout.py, EnvelopeLayout.

    All texts but `claimed_by`, `type`, `encoding` and `arrival_unit` are JSON Pointers from the envelope, without `~`;
    an empty one: there is none.
    """

    claim: str
    claimed_by: str
    type: str
    payload: str
    encoding: str
    arn: str
    shard: str
    position: str
    partition_key: str
    optional_key: bool
    arrived_at: str
    arrival_unit: str
    aggregate: bytes
    inner: Layout | None

class Layouts:
    """The layouts of sources, compiled."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        """Raises ValueError for a layout that cannot be read by, with the reason."""

class Envelopes(Sequence[Any]):
    """The envelopes of a Lambda event, as its raw JSON; each is parsed when it is looked at."""

    @classmethod
    def scan(cls, event: bytes, layouts: Layouts, /) -> Envelopes | None:
        """None unless all `Records` of the event are claimed by one of the layouts, and where that is in doubt."""

    layout: int
    """Which of the layouts claims them."""
    oldest: float | None
    """When the first of them arrived, in seconds since the epoch; None where some envelope is out of the ordinary."""

    @overload
    def __getitem__(self, index: int, /) -> Any: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[Any]: ...
    def __len__(self) -> int: ...
    def index(self, value: Any, /) -> int: ...  # type: ignore[override]  # from the start to the end only
    def count(self, value: Any, /) -> int: ...

def take(envelopes: Envelopes, start: int, tables: Sequence[Table], share: float, model: str) -> int:
    """Add ordinary records from `start` on to the tables, up to the first one that is not.

    The place of that one, or the end. It is in none of the tables: the reference implementation must read it.

    tables : the champion's, and the challenger's where there is one, which gets `share` of the partition keys.
    model : the name of the model, a part of each prediction's identity.
    """

def acknowledges(answer: Buffer, count: int, /) -> bool:
    """Whether PutRecords' answer plainly says that all `count` records were taken; if not, it must be read exactly."""

def keep_memory() -> None:
    """Have the process keep a batch's memory for the next one: by settings of glibc, which count for all of it."""
