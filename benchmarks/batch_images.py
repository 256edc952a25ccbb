"""The second half of `make bench-batch`: photographs through the local stack's batches, and through one process.

The photographs are made from those of examples/images by seeded crops, scales and rotations, no two alike. Both read
the same files, by the same network; the labels that they give are compared.
"""

import argparse
import hashlib
import io
import os
import random
import runpy
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from PIL import Image

from benchmarks.batch import ended
from millrace.batch.estimate import estimate
from millrace.batch.place import Address, BatchPlace
from millrace.batch.runs import name_now
from millrace.demo.examples import images
from millrace.demo.training import new_version
from millrace.model.publish import publish
from millrace.stack import Stack
from model_store.artifact import Artifact
from releases.past import PastRuns

SEED = 62
MOST_DEGREES, LEAST_SHARE, LEAST_SIDE, MOST_SIDE = 20.0, 0.5, 240, 520
AT_ONCE = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5_000)
    count = parser.parse_args().images
    place = BatchPlace.of(Stack.load("local"))
    made = images.FOLDER if (images.FOLDER / "inputs.json").is_file() else images.made()
    artifact = released(place, made)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {}
        for key, body in photographs(made / "photographs", count):
            files[key] = folder / key
            files[key].write_bytes(body)
        size = sum(file.stat().st_size for file in files.values())
        print(f"{count:,} photographs, {size / 1e6:,.0f} MB, model {artifact.manifest.version}")
        began, used = perf_counter(), process_time()
        expected = one_process(artifact, files)
        alone, cpu = perf_counter() - began, process_time() - used
        print(f"one process, the library:  {alone:7.1f} s, {count / alone:8,.1f} images/s ({cpu:.1f} s of CPU)")
        seconds, labels = batch(place, files)
    print(f"batch, on the local stack: {seconds:7.1f} s, {count / seconds:8,.1f} images/s")
    differ = sum(labels.get(key) != label for key, label in expected.items())
    print(f"batch ÷ one process: {seconds / alone:.2f} of its time; {differ} of {count:,} labels differ")
    return 1 if differ else 0


def photographs(folder: Path, count: int) -> Iterator[tuple[str, bytes]]:
    """JPEG files and their keys: a crop of a photograph, turned and scaled by a seed; each content once."""
    chosen, seen = random.Random(SEED), set[bytes]()
    originals = [Image.open(path).convert("RGB") for path in sorted(folder.iterdir())]
    while len(seen) < count:
        original = originals[len(seen) % len(originals)]
        width, height = (round(side * chosen.uniform(LEAST_SHARE, 1.0)) for side in original.size)
        left, top = chosen.randint(0, original.width - width), chosen.randint(0, original.height - height)
        scale = chosen.randint(LEAST_SIDE, MOST_SIDE) / min(width, height)
        cut = original.crop((left, top, left + width, top + height))
        cut = cut.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
        cut = cut.rotate(chosen.uniform(-MOST_DEGREES, MOST_DEGREES), Image.Resampling.BICUBIC)
        written = io.BytesIO()
        cut.save(written, "JPEG", quality=chosen.randint(80, 95))
        if (digest := hashlib.sha256(written.getvalue()).digest()) not in seen:
            seen.add(digest)
            yield f"{len(seen):06}.jpg", written.getvalue()


def released(place: BatchPlace, made: Path) -> Artifact:
    """The network in the stack's model store, as its champion."""
    store = place.stack.model_store()
    artifact = images.imported(made, images.RECOGNISE, store.name, new_version())
    publish(store, artifact)
    return artifact


def one_process(artifact: Artifact, files: dict[str, Path]) -> dict[str, str]:
    """The label of each file: what a script does with Pillow, numpy and ONNX Runtime's package, on one thread."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before its library is opened
    import onnxruntime

    tensor = runpy.run_path(str(images.SCRIPT))["tensor"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(artifact.model, options, providers=["CPUExecutionProvider"])
    labels = artifact.manifest.output.labels
    return {
        key: labels[int(np.argmax(session.run(None, {"image": tensor(file.read_bytes())[None]})[0][0]))]
        for key, file in files.items()
    }


def batch(place: BatchPlace, files: dict[str, Path]) -> tuple[float, dict[str, str]]:
    """Seconds from the start of the run to its end, and the label of each file."""
    s3, run = place.stack.client("s3"), name_now()
    address = Address(place.bucket, f"uploads/{run}/")

    def put(key: str) -> None:
        s3.put_object(Bucket=address.bucket, Key=address.prefix + key, Body=files[key].read_bytes())

    with ThreadPoolExecutor(AT_ONCE) as uploads:
        list(uploads.map(put, files))
    print(f"estimate: {estimate(place, address, 'objects').described()}")
    seconds = ended(place, run, address, "objects")
    labels = {}
    for prediction in PastRuns(s3, place.bucket).predictions(run):
        key = prediction["source"]["position"].partition("|")[0]
        labels[key.removeprefix(address.prefix)] = prediction["label"]
    return seconds, labels


if __name__ == "__main__":
    raise SystemExit(main())
