"""What is scored: models of a given size, and events for them, as Lambda hands them over. Made once and kept."""

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import envelopes
from benchmarks.forms import BASE, FORMS, manifest_of
from benchmarks.paths import SCRATCH

TRAINING_ROWS = 10_000
# As many events at most, each of them another one.
MOST_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class Size:
    """A model's size, and the form of its events; what the goals speak of by default."""

    trees: int = 300
    features: int = 20
    depth: int = 6
    form: str = ""  # of FORMS; empty: the base

    def __str__(self) -> str:
        return f"{self.trees} trees, {self.features} features, depth {self.depth}"


class Workload:
    """The model of a size and its events, on disk below .millrace/bench, for whichever process needs them."""

    def __init__(self, size: Size, folder: Path = SCRATCH / "workloads") -> None:
        self.size = size
        self.folder = folder / f"{size.trees}-{size.features}-{size.depth}"

    @property
    def model_name(self) -> str:
        name = f"bench-{self.size.trees}-{self.size.features}"
        return f"{name}-{list(FORMS).index(self.size.form)}" if self.size.form else name

    @property
    def names(self) -> list[str]:
        return [f"f{i:02}" for i in range(self.size.features)]

    @property
    def model_file(self) -> Path:
        """In the folder of an artifact: manifest.json is next to it."""
        return self.folder / (self.model_name if self.size.form else "artifact") / "model.ubj"

    @cached_property
    def texts(self) -> list[list[str]]:
        """Values of the rows as the events have them: the one truth of what a row holds."""
        texts: list[list[str]] = json.loads((self.folder / "rows.json").read_text())
        return texts

    def payloads(self, records: int) -> list[bytes]:
        """Events as producers send them; 395 bytes each, more or less, with 20 features."""
        write = FORMS[self.size.form or BASE].write
        return [write(number, self.names, row).encode() for number, row in enumerate(self.texts[:records])]

    def event(self, records: int, source: str = envelopes.KINESIS) -> bytes:
        """A batch as it comes from Lambda's runtime API: compact JSON."""
        return envelopes.event(source, self.payloads(records))

    def matrix(self, rows: int) -> Any:
        """The rows as a ready float32 matrix of numpy."""
        import numpy as np

        return np.array(self.texts[:rows], dtype=np.float64).astype(np.float32)

    def make(self) -> "Workload":
        """Train the model and write down the rows, unless both were made by this very code; then those of the form."""
        if self.size.form:
            self._make_form(Workload(replace(self.size, form=""), self.folder.parent).make())
            return self
        stamp, code = self.folder / "made", _code_digest()
        if not (stamp.exists() and stamp.read_text() == code):
            from benchmarks.training import make

            shutil.rmtree(self.folder, ignore_errors=True)
            make(self)
            stamp.write_text(code)
        return self

    def _make_form(self, base: "Workload") -> None:
        """The same model for events of the form."""
        from model_store.artifact import Artifact

        artifact = Artifact.read(base.model_file.parent)
        manifest = manifest_of(artifact.manifest, FORMS[self.size.form], self.model_name)
        Artifact(manifest, artifact.model).write(self.model_file.parent)


def _code_digest() -> str:
    """What a workload depends on: the code that makes it, and XGBoost."""
    digest = hashlib.sha256(metadata.version("xgboost-cpu").encode())
    for path in (Path(__file__), *map(Path(__file__).with_name, ("training.py", "forms.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()
