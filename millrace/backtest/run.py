"""A whole backtest: the events into S3, two batches, and the verdict."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from batches.item import ENVELOPES
from millrace.batch.estimate import BatchEstimate, of_sizes
from millrace.batch.place import Address, BatchPlace
from millrace.batch.put import put_file
from millrace.batch.runs import SUCCEEDED, RunProgress, Runs, name_now
from millrace.errors import UserError
from millrace.report.cost import Prices
from model_store.store import ModelStore
from outcomes.backtest import BacktestVerdict, Happened, judge
from releases.past import CANDIDATE, CHAMPION, PastRuns, run_name


@dataclass(frozen=True, slots=True)
class PastEvents:
    """The events that both versions score, in a temporary file. expected : of one of the two batches.

    address : where they are once they are put.
    """

    name: str
    address: Address
    events: int
    expected: BatchEstimate
    file: IO[bytes]

    def put(self, s3: Any) -> None:
        """Write them to the address. Raises what the client raises."""
        self.file.seek(0)
        put_file(s3, self.address.bucket, self.address.prefix, self.file)


@contextmanager
def collected(place: BatchPlace, lines: Iterable[bytes], none: str) -> Iterator[PastEvents]:
    """The events, and what scoring them costs; nothing is uploaded. none : what to say where there are none.

    Raises UserError.
    """
    name, count = f"backtest-{name_now()}", 0
    address = Address(place.bucket, f"uploads/{name}/events.jsonl")
    with tempfile.TemporaryFile() as file:
        for line in lines:
            file.write(line)
            count += 1
        if not count:
            raise UserError(none)
        expected = of_sizes(place.settings, 1, file.tell(), count, Prices.read())
        yield PastEvents(name, address, count, expected, file)


def compare(
    place: BatchPlace,
    past: PastEvents,
    versions: tuple[str, str],
    happened: Happened,
    metric: str | None = None,
    on_progress: Callable[[RunProgress], None] = lambda progress: None,
) -> BacktestVerdict:
    """Score the events by champion and candidate, and judge. Raises UserError where a batch is not complete."""
    runs, store = Runs(place), place.stack.model_store()
    started = [
        (version, name, runs.start(name, past.address, version, ENVELOPES))
        for version, name in zip(versions, (run_name(past.name, CHAMPION), run_name(past.name, CANDIDATE)), strict=True)
    ]
    for version, name, execution in started:
        ended = runs.wait(execution, on_progress)
        if ended.status != SUCCEEDED:
            raise UserError(f"run {name} of version {version} failed: {ended.error}")
    (champion, first, _), (candidate, second, _) = started
    return judge(
        _predicted(place, store, champion, first), _predicted(place, store, candidate, second), happened, metric
    )


def _predicted(place: BatchPlace, store: ModelStore, version: str, run: str) -> tuple[Any, Iterator[dict[str, Any]]]:
    manifest, _ = store.manifest(version)
    return manifest, PastRuns(place.stack.client("s3"), place.bucket).predictions(run)
