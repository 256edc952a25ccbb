"""pytest never tests a native engine that was built of other sources."""

import pytest

import native as engine
from millrace.packaging import native
from tests import conftest


class Controller:
    """pytest's configuration as far as conftest looks at it, without workers."""


def test_an_engine_of_other_sources_is_built_again_before_any_test(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[bool] = []
    monkeypatch.setattr(native, "build_for_host", lambda: built.append(True))

    conftest.pytest_configure(Controller())  # type: ignore[arg-type]

    assert built == [True]


def test_an_engine_that_does_not_compile_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise native.NativeError("no semicolon")

    monkeypatch.setattr(native, "build_for_host", broken)

    with pytest.raises(pytest.exit.Exception, match="error: no semicolon"):
        conftest.pytest_configure(Controller())  # type: ignore[arg-type]


def test_another_engine_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "_is_the_trees_own", lambda: False)
    monkeypatch.setattr(native, "build_for_host", lambda: pytest.fail("built"))

    conftest.pytest_configure(Controller())  # type: ignore[arg-type]


def test_the_engine_that_is_loaded_is_the_one_of_these_sources() -> None:
    if engine.NATIVE is None:
        pytest.skip(engine.MISSING)
    assert native._stamped() == native._stamp()
