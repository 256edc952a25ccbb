"""What every example of the demo has; the examples are in millrace.demo.examples."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from millrace.demo import training
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.errors import UserError
from millrace.model import catalogue
from millrace.model.publish import publish
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.manifest import Manifest
from model_store.store import ModelStore


class Example:
    """What one demo deploys, trains, sends and shows.

    parts : optional parts of the local stack that it needs (millrace.deployment.parts).
    model : name of the model that it trains and publishes; "" for the stack's own.
    events : how much it sends, by source; --events changes the first. reads : what a model must read for that.
    """

    parts: tuple[str, ...] = ()
    model: str = ""
    events: Mapping[str, int] = MappingProxyType({})
    reads: str = "the demo's events"

    def train(self, name: str, on_round: Callable[[int, int], None]) -> Artifact:
        """The model that is published where none is released."""
        return training.train_built_in(name, on_round)

    def release(self, stack: Stack, on_round: Callable[[int, int], None]) -> Artifact:
        """Train the model, and publish it to a stack that has no release."""
        artifact = self.train(stack.outputs["model"]["name"], on_round)
        publish(stack.model_store(), artifact)
        return artifact

    def fits(self, manifest: Manifest) -> bool:
        """Whether the model reads what the example sends."""
        return training.reads_sessions(manifest)

    def check(self, store: ModelStore) -> None:
        """Raises UserError where the champion does not fit."""
        manifest = store.artifact(catalogue.released(store).champion).manifest
        if not self.fits(manifest):
            raise UserError(
                f"expected a champion that reads {self.reads}, got {manifest.name} {manifest.version}: send events of "
                "your own with `millrace replay FILE`, or end this stack with `make down` and run the demo on a new one"
            )

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        """Send the load and show what comes of it; whether all of it came out as expected. Raises UserError."""
        raise NotImplementedError
