"""The first half of `make bench-batch`: rows through the local stack's batches, and through one process.

Both read the same JSON Lines, from disk or S3, score them by the same version, and write a line for each row.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import xgboost as xgb

from millrace.batch.estimate import estimate
from millrace.batch.place import Address, BatchPlace
from millrace.batch.put import put_file
from millrace.batch.runs import SUCCEEDED, Runs, name_now
from millrace.model import catalogue
from millrace.stack import Stack
from model_store.artifact import Artifact
from stream_producers.synthetic import Sessions

SLICE = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    place = BatchPlace.of(Stack.load("local"))
    store = place.stack.model_store()
    artifact = store.artifact(catalogue.released(store).champion)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.jsonl")
        with file.open("wb") as lines:
            lines.writelines(event.data + b"\n" for event in islice(Sessions(61).events(), rows))
        print(f"{rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB of JSON Lines, model {artifact.manifest.version}")
        alone, cpu = one_process(file, Path(folder, "scores.jsonl"), artifact)
        print(f"one process, the library:  {alone:7.1f} s, {rows / alone:10,.0f} rows/s ({cpu:.1f} s of CPU)")
        seconds = batch(place, file)
        print(f"batch, on the local stack: {seconds:7.1f} s, {rows / seconds:10,.0f} rows/s")
        at_once = place.settings["maximum_concurrency"]
        print(f"batch ÷ one process: {seconds / alone:.2f} of its time, with {at_once} functions")
    return 0


def one_process(file: Path, scores: Path, artifact: Artifact) -> tuple[float, float]:
    """Seconds, and seconds of CPU: what a script does, without identity, strict types, quarantine and counts."""
    booster = xgb.Booster(model_file=bytearray(artifact.model))
    booster.set_param({"nthread": 1})
    names = [feature.name for feature in artifact.manifest.features]
    codes = [{text: code for code, text in enumerate(feature.categories)} for feature in artifact.manifest.features]
    began, used = perf_counter(), process_time()
    with file.open("rb") as lines, scores.open("w") as out:
        while events := list(islice(map(json.loads, lines), SLICE)):
            found = booster.inplace_predict(_matrix((event["features"] for event in events), names, codes))
            out.writelines(
                json.dumps({"event_id": event["event_id"], "score": float(score)}) + "\n"
                for event, score in zip(events, found, strict=True)
            )
    return perf_counter() - began, process_time() - used


def _matrix(
    rows: Iterable[dict[str, object]], names: list[str], codes: list[dict[str, int]]
) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    def number(value: object, categories: dict[str, int]) -> object:
        return np.nan if value is None else categories[str(value)] if categories else value

    values = [
        [number(row.get(name), categories) for name, categories in zip(names, codes, strict=True)] for row in rows
    ]
    return np.array(values, dtype=np.float32)


def batch(place: BatchPlace, file: Path) -> float:
    """Seconds from the start of the run to its end."""
    run = name_now()
    address = Address(place.bucket, f"uploads/{run}/rows.jsonl")
    with file.open("rb") as body:
        put_file(place.stack.client("s3"), address.bucket, address.prefix, body)
    print(f"estimate: {estimate(place, address, 'lines').described()}")
    return ended(place, run, address, "lines")


def ended(place: BatchPlace, run: str, address: Address, form: str) -> float:
    """Seconds that a run takes, plan and counts included."""
    runs, began = Runs(place), perf_counter()
    progress = runs.wait(runs.start(run, address, None, form), lambda progress: None)
    seconds = perf_counter() - began
    if progress.status != SUCCEEDED:
        raise SystemExit(f"the run failed: {progress.error}")
    print(f"counts: {runs.status(run).counts}")
    return seconds


if __name__ == "__main__":
    raise SystemExit(main())
