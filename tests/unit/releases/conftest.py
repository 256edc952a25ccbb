"""What the tests of the release workflow share."""

from typing import Any

import pytest

from tests.fakes.release_workflow import ReleaseMachine


@pytest.fixture
def machine(s3: Any) -> ReleaseMachine:
    return ReleaseMachine(s3)
