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
    lanes_from: int
    """How many rows it takes for the trees to be evaluated in lanes, by their ranks; 0: they are walked, always."""
    codes: list[tuple[int, int]]
    """Features that are split by category, and how many codes, from 0 on, the splits need of each."""
    skeleton: bytes
    """JSON of the model file's members, without the trees, for the checks in Python. Its texts may not be UTF-8."""

    def margins(self, matrix: Buffer, rows: int) -> bytearray:
        """Sums of the leaves and the base score, float32, rows × classes. Raises ValueError for another size."""

    def scores(self, matrix: Buffer, rows: int) -> bytearray:
        """The objective's predictions, float32, rows × classes: bit for bit XGBoost's."""

    def attributions(self, matrix: Buffer, rows: int) -> bytearray:
        """SHAP values of the margins, float64, rows × classes × (columns + 1): as XGBoost's `pred_contribs`.

        The last one of a class is the expected margin; all of them add up to the margin. Raises NotCovered where the
        file lacks the weights of its training rows, ValueError for another size.
        """

Scalars = tuple[Sequence[tuple[int, bytes, int]], int, int, int]
"""A set of JSON scalars, each with a code: (kind, key, code), kinds 0: text, in UTF-8; 1: an integer, in digits; 2: the
eight bytes of a double; then the codes of false, true and null. 2**32 - 1: no code."""

class Schema:
    """How a manifest's events become rows, compiled: scoring/engine/native_schema.py makes one of a manifest.

    features : (name, type, missing allowed, text accepted, unknown category is missing, slot, categories, texts that
    count as missing, values of a row that count as missing). The slot is the place of its member among the names of all
    holders.
    holders : (path, names) of the objects with features, with every name that is known there.
    rules : (path, values) for records that are no events. passthrough : (path, name as JSON with a colon).
    optional_id : an event may lack its id.
    """

    def __init__(
        self,
        features: Sequence[tuple[str, str, bool, bool, bool, int, Scalars, Scalars, Sequence[float]]],
        holders: Sequence[tuple[Sequence[str], Sequence[str]]],
        event_id: Sequence[str] | None = None,
        integer_id: bool = False,
        format: str = "json",
        unwrap: str = "none",
        many: bool = False,
        rules: Sequence[tuple[Sequence[str], Scalars]] = (),
        passthrough: Sequence[tuple[Sequence[str], str]] = (),
        optional_id: bool = False,
    ) -> None: ...

    columns: int

    def decode(self, payload: Buffer) -> tuple[str | None, bytes, int, str | None] | tuple[()] | None:
        """Event id as JSON, float32 row, count of ignored members and passthrough as JSON; None for what is absent.

        () for a record that is no event; None where the reference implementation must read it.
        """

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

    def put_records(self, stream_arn: str, indices: Sequence[int], cbor: bool = False) -> bytes:
        """The body of one PutRecords request: JSON, compact and in ASCII, or CBOR, for which keys must be Unicode."""

    def put_aggregates(
        self,
        stream_arn: str,
        indices: Sequence[int],
        hash_keys: tuple[str, ...],
        most_bytes: int,
        overhead: int,
        cbor: bool = False,
    ) -> tuple[bytes, list[list[int]]]:
        """The same with aggregates, and the places among `indices` that each has: as sinks/aggregates.py.

        hash_keys : 1 to 256, in printable ASCII that JSON does not escape.
        """

class Table:
    """The rows that one variant scores, side by side. `model` is the JSON text of a prediction's `model` member."""

    def __init__(self, schema: Schema, model: str) -> None: ...

    rows: int
    ignored_members: int
    ignored_events: int
    """The records that a rule of the manifest took for no events."""

    def matrix(self) -> bytearray:
        """Row-major float32, rows × columns."""

    def missing(self) -> list[int]:
        """The number of missing values in each column."""

    def sampled(self, share: float, /) -> list[int]:
        """The rows whose prediction ids' first 32 bits, as a fraction, are below `share`."""

    def sampled_keys(self, share: float, /) -> list[int]:
        """The rows of whose partition keys' SHA-256 the second 32 bits, as a fraction, are below `share`."""

    def add(self, key: str, prediction_id: str, source: str, payload: Buffer, origin: int, /) -> bool | None:
        """Decode a payload into a row; False where the reference implementation must read it, and nothing is added.

        None: it is no event, which is counted. source : JSON text of a prediction's `source` member.
        """

    def add_row(
        self,
        key: str,
        prediction_id: str,
        source: str,
        event_id: str,
        row: Buffer,
        ignored: int,
        origin: int,
        passthrough: str = "",
    ) -> None:
        """A row that the reference implementation made; event_id and passthrough as JSON, empty for none."""

    def origin(self, row: int, /) -> int:
        """The number that the row came with: its envelope's place in the batch."""

    def subsequence(self, row: int, /) -> int | None:
        """The place of the row's record in an aggregate; None where its envelope holds one record."""

    def index(self, row: int, /) -> int | None:
        """The row's place among the events of its record; None where the record is the event."""

    def texts(self, row: int, /) -> tuple[str, str, str, str]:
        """The row's prediction id, event id and source, both as JSON, and partition key. No event id: an empty text."""

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
        compact: bool = False,
        partition_key: bool = True,
        attributions: Sequence[tuple[int, str]] = (),
    ) -> tuple[list[int], list[int]]:
        """Add a message for each row; the rows without one: those without finite scores, and those beyond `limit`.

        scores : float32, rows × classes. scored_at : RFC 3339. limit : bytes of a message; its key counts where
        `with_keys`. names : of the scores, each as JSON with a colon; () where they have none. compact, partition_key :
        as a manifest's `prediction`; the source's text must end with its arrival. attributions : rows, ascending, with
        JSON of a member and a comma, left out where it would exceed the limit. Raises ValueError where
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
    """Add the events of records from `start` on to the tables, up to the first record that is not read here.

    The place of that one, or the end. It is in none of the tables: the reference implementation must read it.

    tables : the champion's, and the challenger's where there is one, which gets `share` of the partition keys.
    model : the name of the model, a part of each prediction's identity.
    """

def acknowledges(answer: Buffer, count: int, /) -> bool:
    """Whether PutRecords' answer plainly says that all `count` records were taken; if not, it must be read exactly."""

def keep_memory() -> None:
    """Have the process keep a batch's memory for the next one: by settings of glibc, which count for all of it."""

def calibrate(scores: Buffer, inputs: Buffer, outputs: Buffer, /) -> None:
    """Calibrate float32 scores in place, by knots of float64: bit for bit as predictors/calibrated.py.

    Raises ValueError for buffers of other sizes.
    """

def hash_grams(
    text: Buffer, characters: bool, shortest: int, longest: int, buckets: int, length: int, lowercase: bool, /
) -> bytes:
    """The hashed n-grams of a text in UTF-8, `length` int64: bit for bit as `inputs.text.reference`.

    Raises ValueError for rules out of bounds, MemoryError.
    """
