"""What every example of the demo has; the examples are in millrace.demo.examples."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from millrace.demo import training
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.model.publish import publish
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.store import ModelStore


class Example:
    """What one demo deploys, trains, sends and shows.

    parts : optional parts of the local stack that it needs (millrace.deployment.parts).
    model : name of the model that it trains and publishes; "" for the stack's own.
    events : how much it sends, by source; --events changes the first.
    """

    parts: tuple[str, ...] = ()
    model: str = ""
    events: Mapping[str, int] = MappingProxyType({})

    def train(self, name: str, on_round: Callable[[int, int], None]) -> Artifact:
        """The model that is published where none is released."""
        return training.train_built_in(name, on_round)

    def release(self, stack: Stack, on_round: Callable[[int, int], None]) -> Artifact:
        """Train the model, and publish it to a stack that has no release."""
        artifact = self.train(stack.outputs["model"]["name"], on_round)
        publish(stack.model_store(), artifact)
        return artifact

    def check(self, store: ModelStore) -> None:
        """Raises UserError where the champion does not read what the example sends."""
        training.check_champion(store)

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        """Send the load and show what comes of it; whether all of it came out as expected. Raises UserError."""
        raise NotImplementedError
