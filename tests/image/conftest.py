"""What the tests of the image share with the unit tests."""

import pytest

from model_store.artifact import Artifact
from tests.fakes import artifacts


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    """Version 1 of the model."""
    return artifacts.artifact()
