"""The built-in task: the model that the demo and `make up` train and publish."""

from collections.abc import Callable
from datetime import UTC, datetime

from millrace.errors import UserError
from millrace.model import catalogue
from millrace.model.tables import LabelledTable, labelled
from millrace.model.train import Recipe, train
from model_store.artifact import Artifact
from model_store.store import ModelStore
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


def check_champion(store: ModelStore) -> None:
    """Raises UserError where the champion does not read the demo's events: all of them would be quarantined."""
    manifest = store.artifact(catalogue.released(store).champion).manifest
    read = {(feature.path, feature.type) for feature in manifest.features}
    if read != {(f"/features/{feature.name}", feature.type) for feature in FEATURES}:
        raise UserError(
            f"expected a champion that reads the demo's events, got {manifest.name} {manifest.version}, "
            "which reads other features: send events of your own with `millrace replay FILE`, "
            "or end this stack with `make down` and run the demo on a new one"
        )
