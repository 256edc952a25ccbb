"""The built-in task: the model that the demo and `make up` train and publish."""

from collections.abc import Callable
from datetime import UTC, datetime

from millrace.model.tables import LabelledTable, labelled
from millrace.model.train import Recipe, train
from model_store.artifact import Artifact
from model_store.manifest import Manifest
from stream_producers.synthetic import FEATURES, LABEL, Sessions

ROWS = 30_000
# Sessions of this seed are trained on; the events that are sent come from other seeds.
SEED = 1


def new_version() -> str:
    """A version name that sorts by time."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


def train_built_in(name: str, on_round: Callable[[int, int], None], *, version: str | None = None) -> Artifact:
    """Train on synthetic web sessions, whose truth is known."""
    return train(built_in_table(), Recipe(name, version or new_version()), on_round)


def built_in_table() -> LabelledTable:
    """Synthetic web sessions, to train on."""
    return labelled(Sessions(SEED).table(ROWS), LABEL)


def reads_sessions(manifest: Manifest) -> bool:
    """Whether a model reads the synthetic sessions: else all of them would be quarantined."""
    read = {(feature.path, feature.type) for feature in manifest.features}
    return read == {(f"/features/{feature.name}", feature.type) for feature in FEATURES}
