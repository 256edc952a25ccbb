"""What the tests of the native engine share: the engine, where it was built."""

from types import ModuleType

import pytest

from native import MISSING, NATIVE


@pytest.fixture(scope="session")
def native() -> ModuleType:
    """The extension module; the test is skipped, with the reason, on a machine that cannot build it."""
    if NATIVE is None:
        pytest.skip(f"the native engine was not built: {MISSING}")
    return NATIVE
