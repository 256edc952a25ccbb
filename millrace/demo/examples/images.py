"""Photographs from packages, recognised by EfficientNet-Lite0: under a prefix of a bucket, and over HTTP.

The network is converted by examples/images, without PyTorch. Each label and score is compared with what Pillow, numpy
and ONNX Runtime's own Python package give.
"""

import base64
import csv
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import replace
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from rich.table import Table

from millrace.accounting.prediction import Prediction
from millrace.accounting.sink_reader import SinkReader
from millrace.console import show
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.demo.training import new_version
from millrace.deployment.local import LocalPlace
from millrace.errors import UserError
from millrace.model.import_model import Import, import_model
from millrace.model.onnx_scores import TOLERANCE
from millrace.paths import ROOT, SCRATCH
from millrace.predict.endpoint import HeaderCredential, PredictEndpoint
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.event_format import EventFormat
from model_store.manifest import Manifest
from records.identity import prediction_id
from sources.positions import object_position
from stream_producers.tables import read_table

OBJECTS, HTTP = "event_objects", "http"
FOLDER = SCRATCH / "examples" / "images"
SCRIPT = ROOT / "examples" / "images" / "images.py"
RECOGNISE = "recognise"
SECONDS = 180.0


@dataclass(frozen=True)
class Recognised:
    """A photograph, by which way it went, and the label and score that came of it."""

    name: str
    way: str
    label: str
    score: float


def made(folder: Path = FOLDER) -> Path:
    """The folder with what examples/images makes. Raises UserError."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"examples/images: {done.stderr.strip().rpartition('\n')[2]}; it needs packages from PyPI")
    return folder


def imported(folder: Path, model: str, name: str, version: str) -> Artifact:
    """A model that `made` left in a folder, proved by its scores. Its records are photographs."""
    wanted = Import(
        name,
        version,
        sample=read_table(folder / "sample.jsonl"),
        labels=tuple((folder / f"{model}.labels").read_text().splitlines()),
        expected=read_table(folder / f"{model}.csv"),
        inputs=folder / "inputs.json",
    )
    artifact = import_model(folder / f"{model}.onnx", wanted)
    return Artifact(replace(artifact.manifest, event=EventFormat(None, format="bytes")), artifact.model)


def expected(folder: Path, model: str) -> dict[str, tuple[str, float]]:
    """The label and its score of each photograph, as the reference in Python has them."""
    with (folder / f"{model}.csv").open(newline="") as file:
        labels, *rows = csv.reader(file)
    names = [path.name for path in _photographs(folder)]
    best = [max(zip(map(float, row), labels, strict=True)) for row in rows]
    return {name: (label, score) for name, (score, label) in zip(names, best, strict=True)}


def _photographs(folder: Path) -> list[Path]:
    """In the order of the sample."""
    found = {base64.b64encode(path.read_bytes()).decode(): path for path in (folder / "photographs").iterdir()}
    lines = (folder / "sample.jsonl").read_text().splitlines()
    return [found[json.loads(line)["image"]] for line in lines]


class ImagesExample(Example):
    parts = ("images",)
    model = "photographs"
    events = MappingProxyType({OBJECTS: 7})
    reads = "images"

    def train(self, name: str, on_round: Callable[[int, int], None]) -> Artifact:
        """EfficientNet-Lite0 for ImageNet's 1,000 classes, whose weights a package has."""
        return imported(made(), RECOGNISE, name, new_version())

    def fits(self, manifest: Manifest) -> bool:
        return manifest.preparation is not None and manifest.preparation.name == "image"

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        """Whether each photograph has the label and the score of the reference, by each way."""
        folder = FOLDER if (FOLDER / "inputs.json").is_file() else made()
        photographs = _photographs(folder)[: max(1, load.events[OBJECTS])]
        show.CONSOLE.print(f"page: {stack.http_url()}/  API key: {stack.http_key()}", markup=False, soft_wrap=True)
        with show.step(f"{len(photographs)} photographs in the bucket, labels in the sink"):
            found = _through_bucket(stack, photographs)
        with show.step("Over HTTP: one in an event, one as the body"):
            found += _through_http(stack, photographs)
        table, right = _compared(found, expected(folder, RECOGNISE))
        show.CONSOLE.print(table)
        show.CONSOLE.print(f"{len(found)} photographs recognised, {len(found) - right} unlike the reference in Python")
        return right == len(found)


EXAMPLE = ImagesExample


def _through_bucket(stack: Stack, photographs: Sequence[Path]) -> list[Recognised]:
    """Put photographs below the prefix, and read their predictions in the sink. Raises UserError."""
    bucket, s3 = stack.outputs["sources"][OBJECTS], stack.client("s3")
    arrived, predictions = threading.Event(), dict[str, Prediction]()
    ids: dict[str, str] = {}

    def keep(some: Sequence[Prediction]) -> None:
        predictions.update((one.prediction_id, one) for one in some)
        if ids and ids.keys() <= predictions.keys():
            arrived.set()

    with SinkReader(stack, keep) as reader:
        put = {}
        for path in photographs:
            key = f"photographs/{path.name}"
            version = s3.put_object(Bucket=bucket["name"], Key=key, Body=path.read_bytes())["VersionId"]
            position = (bucket["arn"], object_position(key, version))
            put[prediction_id(stack.outputs["model"]["name"], position)] = path.name
        ids.update(put)
        until = time.monotonic() + SECONDS
        while not (arrived.wait(0.5) or ids.keys() <= predictions.keys()):
            reader.check()
            if time.monotonic() > until:
                missing = ", ".join(name for one, name in ids.items() if one not in predictions)
                raise UserError(f"expected predictions of all photographs within {SECONDS:.0f} s; missing: {missing}")
    return [Recognised(name, "S3", str(predictions[one].label), predictions[one].score) for one, name in ids.items()]


def _through_http(stack: Stack, photographs: Sequence[Path]) -> list[Recognised]:
    """The first in base64, in an event; the last as the body of a request."""
    endpoint = PredictEndpoint(stack.http_url(), HeaderCredential("x-api-key", stack.http_key()))
    first, last = photographs[0], photographs[-1]
    event = json.dumps({"features": {"image": base64.b64encode(first.read_bytes()).decode()}})
    found = []
    for path, way, body, media in (
        (first, "HTTP, an event", event.encode(), "application/json"),
        (last, "HTTP, the body", last.read_bytes(), "image/png" if last.suffix == ".png" else "image/jpeg"),
    ):
        (line,) = endpoint.predict(body, media)
        answer = json.loads(line)
        found.append(Recognised(path.name, way, answer["label"], max(answer["scores"])))
    return found


def _compared(found: Sequence[Recognised], known: Mapping[str, tuple[str, float]]) -> tuple[Table, int]:
    """A row for each photograph, and how many are as the reference has them."""
    table = Table("photograph", "through", "label", "score", "in Python", "equal", title="What is in the photographs")
    right = 0
    for one in found:
        label, score = known[one.name]
        equal = one.label == label and TOLERANCE.first_beyond([score], [one.score]) is None
        right += equal
        shown = f"{score:.6f}" if one.label == label else f"{label}, {score:.6f}"
        table.add_row(one.name, one.way, one.label, f"{one.score:.6f}", shown, "yes" if equal else "no")
    return table, right
