"""For all tests: XGBoost's threads sleep while they wait (see millrace.model), whichever test loads its library first.

What a test measures and records as "figures" (`record_property`) is printed above pytest's summary. With `-n 2`, as in
`make test`, one worker gets the integration tests, which share one LocalStack and one apply; both share the others.
Tests are the same on every machine: whoever runs them has a terminal, an account of AWS and signals of their own.
Hypothesis has no deadlines: on a busy machine they would measure the other work. It tries the same examples in every
run, so that a change is judged by what it changes; the long run, every night, tries others each time. tests/scale.py
has the sizes of what is long.
"""

import importlib.util
import logging
import os
import signal
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import millrace.model  # noqa: F401
from millrace.packaging import native
from tests import scale, scheduler

# A terminal's width, and whether Typer and Rich believe that there is one, which they look up when they are imported.
TERMINAL = ("COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "LINES", "NO_COLOR", "PY_COLORS")
for name in [name for name in os.environ if name in TERMINAL or name.startswith("AWS_")]:
    del os.environ[name]
# A shell has what runs in the background ignore it, and child processes would, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("millrace", deadline=None, derandomize=not scale.LONG)
hypothesis.settings.load_profile("millrace")


def pytest_configure(config: pytest.Config) -> None:
    """Build the native engine again where its sources, flags or compiler are not those that it was built of.

    A test must not pass on an engine that the tree no longer describes. Workers of pytest-xdist find it built. Where it
    cannot be built, what is stale is removed, and the tests that need it are skipped with the reason.
    """
    if hasattr(config, "workerinput") or not _is_the_trees_own():
        return
    try:
        native.build_for_host()
    except native.NoCompiler:
        return
    except native.NativeError as error:
        pytest.exit(f"error: {error}", returncode=1)


def _is_the_trees_own() -> bool:
    """Whether tests load the engine from here: scripts/sanitize puts another one before it."""
    found = importlib.util.find_spec("native")
    return found is not None and found.origin is not None and Path(found.origin).parent == native.MODULE.parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what this run is of (see tests/scale.py); for several workers, the longest first."""
    chosen = [item for item in items if _is_chosen(item.get_closest_marker("long"))]
    config.hook.pytest_deselected(items=list(set(items) - set(chosen)))
    items[:] = (
        sorted(chosen, key=lambda item: scheduler.turn(item.nodeid)) if hasattr(config, "workerinput") else chosen
    )


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named for their parameter: what compresses or encrypts may give others in each worker."""
    return argname if isinstance(val, bytes) else None


def _is_chosen(long: pytest.Mark | None) -> bool:
    if scale.LONG:
        return long is not None
    return long is None or not long.kwargs.get("only", False)


def pytest_runtest_teardown() -> None:
    """A container sets the levels of our loggers: the next test does not inherit them, whichever it is."""
    from scorer.parts import LOGGERS

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [str(value) for report in reports for name, value in report.user_properties if name == "figures"]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(figures))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> scheduler.Together:
    return scheduler.Together(config, log)
