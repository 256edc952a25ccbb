"""The language of short texts: trained by the stack's trainer; on the stream and over HTTP."""

import csv
import io
import json
import time
from collections.abc import Callable, Sequence
from types import MappingProxyType

import polars as pl
import urllib3

from millrace import sinks
from millrace.accounting.prediction import Prediction
from millrace.console import show
from millrace.demo import texts
from millrace.demo.example import Example
from millrace.demo.texts import Text
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.errors import UserError
from millrace.model import catalogue
from millrace.model.on_stack import StackTrainer
from millrace.paths import SCRATCH
from millrace.replay import rows
from millrace.replay.send import send, target
from millrace.sinks.operations import Published
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.manifest import Manifest
from stream_producers.pace import Pace

FOLDER = SCRATCH / "examples" / "text"
LABEL = "language"
OPTIONS = MappingProxyType({"unit": "characters", "grams": [1, 3], "buckets": 16_384, "length": 512})
UNSEEN = 600
LEAST_ACCURACY = 0.85
SECONDS = 90.0


def all_texts() -> list[Text]:
    return texts.read(texts.fetch(FOLDER))


def table(found: Sequence[Text]) -> bytes:
    """CSV, as the trainer reads it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("text", LABEL), *found])
    return text.getvalue().encode()


class TextExample(Example):
    parts = ("http", "trainer")
    model = "language"
    events = MappingProxyType({"event_stream": 300, "http": 300})
    reads = "texts"

    def release(self, stack: Stack, on_round: Callable[[int, int], None]) -> Artifact:
        found = all_texts()[UNSEEN:]
        path = FOLDER / "texts.csv"
        path.write_bytes(table(found))
        trainer = StackTrainer(stack)
        response = trainer.train(str(path), label=LABEL, learner="text", options=dict(OPTIONS))
        trainer.release(response["version"])
        show.CONSOLE.print(f"  {len(found):,} texts, trained by the stack's trainer in {response['seconds']:.0f} s")
        store = stack.model_store()
        return store.artifact(store.pointer(response["version"]))

    def fits(self, manifest: Manifest) -> bool:
        return manifest.preparation is not None and manifest.preparation.name == "text"

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        """Whether enough texts that the trainer has not seen get their language, on both ways."""
        unseen = all_texts()[:UNSEEN]
        streamed = unseen[: load.events["event_stream"]]
        requested = unseen[-load.events["http"] :]
        good = [
            _shown("on the stream", streamed, _from_sink(stack, streamed)),
            _shown("over HTTP", requested, _over_http(stack, requested)),
        ]
        return all(good)


EXAMPLE = TextExample


def _shown(way: str, sent: Sequence[Text], labels: Sequence[str]) -> bool:
    accuracy = sum(one.language == label for one, label in zip(sent, labels, strict=True)) / len(sent)
    show.CONSOLE.print(f"{len(sent):,} texts that the trainer has not seen, {way}: {accuracy:.1%} in their language")
    for one, label in list(zip(sent, labels, strict=True))[:3]:
        show.CONSOLE.print(f"  {label}  {one.text:.90}", markup=False)
    return accuracy >= LEAST_ACCURACY


def _from_sink(stack: Stack, sent: Sequence[Text]) -> list[str]:
    """The labels of texts as events on the stream, from the sink. Raises UserError."""
    store = stack.model_store()
    manifest = store.artifact(catalogue.released(store).champion).manifest
    part, output = sinks.deployed(stack.outputs)[sinks.PREDICTION_SINK]
    if (reader := part.reader(output, stack.client, time.time())) is None:
        raise UserError(f"expected a sink whose predictions can be read from here, got one of type {part.name}")
    events = list(rows.events(pl.DataFrame({"text": [one.text for one in sent]}), manifest, "text"))
    send(events, target(stack, "event_stream"), Pace(), lambda report: None)
    found: dict[str, Prediction] = {}

    def take(published: Published) -> None:
        found.update((one.event_id, one) for one in published.predictions)

    until = time.monotonic() + SECONDS
    wanted = [event.event_id for event in events]
    while not set(wanted) <= found.keys():
        if time.monotonic() > until:
            raise UserError(f"expected {len(wanted)} predictions in the sink in {SECONDS:.0f} s, got {len(found)}")
        time.sleep(reader.poll_seconds)
        reader(take)
    return [found[event_id].label or "" for event_id in wanted]


def _over_http(stack: Stack, sent: Sequence[Text]) -> list[str]:
    """The labels of texts in one request. Raises UserError."""
    headers = {"content-type": "application/json", "accept": "application/json", "x-api-key": stack.http_key()}
    body = json.dumps([{"features": {"text": one.text}} for one in sent]).encode()
    url, pool = f"{stack.http_url()}/predict", urllib3.PoolManager(retries=False, timeout=SECONDS)
    until = time.monotonic() + SECONDS
    while True:
        answer = pool.request("POST", url, body=body, headers=headers)
        if answer.status == 200:
            return [one["label"] for one in json.loads(answer.data)["predictions"]]
        if answer.status != 503 or time.monotonic() > until:
            raise UserError(f"POST {url}: expected 200, got {answer.status}: {answer.data.decode()[:300]}")
        time.sleep(1)
