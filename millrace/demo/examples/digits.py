"""Handwritten digits: a network that the stack's trainer trains, and recognises over HTTP; draw one in the page."""

import io
import json
import time
from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import urllib3

from millrace.console import show
from millrace.demo import digits
from millrace.demo.digits import SIDE, Digits
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.errors import UserError
from millrace.model.on_stack import StackTrainer
from millrace.paths import SCRATCH
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.manifest import Manifest

FOLDER = SCRATCH / "examples" / "digits"
LABEL = "digit"
# The last ones the trainer never sees: not to train, and not to evaluate.
TRAINED = 9_000
LEARNER, HELD_OUT = "network", 0.1
OPTIONS = MappingProxyType({"neurons": 256, "epochs": 12, "shifted_copies": True})
LEAST_ACCURACY = 0.96
A_REQUEST = 100
SECONDS = 60.0


def all_digits() -> Digits:
    return digits.read(digits.fetch(FOLDER))


def table(found: Digits) -> bytes:
    """Arrays, as the trainer reads them."""
    file = io.BytesIO()
    pixels = np.round(found.pixels * 255).astype(np.uint8)
    np.savez_compressed(file, allow_pickle=False, x=pixels.reshape(-1, SIDE, SIDE), **{LABEL: found.labels})
    return file.getvalue()


class DigitsExample(Example):
    parts = ("http", "trainer")
    model = "digits"
    events = MappingProxyType({"http": 1_000})
    reads = f"{SIDE} × {SIDE} pixels"

    def release(self, stack: Stack, on_round: Callable[[int, int], None]) -> Artifact:
        path = FOLDER / "digits.npz"
        found = all_digits()
        path.write_bytes(table(found.some(slice(TRAINED))))
        trainer = StackTrainer(stack)
        response = trainer.train(str(path), label=LABEL, learner=LEARNER, held_out=HELD_OUT, options=dict(OPTIONS))
        trainer.release(response["version"])
        show.CONSOLE.print(f"  trained by the stack's trainer in {response['seconds']:.0f} s")
        store = stack.model_store()
        return store.artifact(store.pointer(response["version"]))

    def fits(self, manifest: Manifest) -> bool:
        return len(manifest.features) == SIDE * SIDE

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        """Whether enough of the digits that the trainer has not seen are recognised."""
        url, key = stack.http_url(), stack.http_key()
        show.CONSOLE.print(f"draw a digit: {url}/  API key: {key}", markup=False, soft_wrap=True)
        unseen = all_digits().some(slice(TRAINED, TRAINED + max(1, load.events["http"])))
        found = _recognised(f"{url}/predict", key, unseen)
        accuracy = float((found == unseen.labels).mean())
        show.CONSOLE.print(f"{len(found):,} digits that the trainer has not seen, over HTTP: {accuracy:.1%} recognised")
        return accuracy >= LEAST_ACCURACY


EXAMPLE = DigitsExample


def _recognised(url: str, key: str, found: Digits) -> np.ndarray:
    """The label of each digit. Raises UserError."""
    pool, labels = urllib3.PoolManager(retries=False, timeout=SECONDS), []
    headers = {"content-type": "application/json", "accept": "application/json", "x-api-key": key}
    for start in range(0, len(found.labels), A_REQUEST):
        pixels = found.pixels[start : start + A_REQUEST].round(4).tolist()
        answer = _answer(pool, url, headers, json.dumps(pixels).encode())
        labels += [int(one["label"]) for one in json.loads(answer)["predictions"]]
    return np.array(labels)


def _answer(pool: urllib3.PoolManager, url: str, headers: dict[str, str], body: bytes) -> bytes:
    """The answer to a request; while no model is loaded, it is sent again. Raises UserError."""
    until = time.monotonic() + SECONDS
    while True:
        answer = pool.request("POST", url, body=body, headers=headers)
        if answer.status == 200:
            return bytes(answer.data)
        if answer.status != 503 or time.monotonic() > until:
            raise UserError(f"POST {url}: expected 200, got {answer.status}: {answer.data.decode()[:300]}")
        time.sleep(1)
