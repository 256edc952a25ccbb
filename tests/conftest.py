"""For all tests: XGBoost's threads sleep while they wait (see millrace.model), whoever loads its library first.

What a test measured and records as "figures" (`record_property`) stands above pytest's summary. With `-n 2`, as in
`make test`, one worker has the integration tests, which share one LocalStack and one apply; both share the others.
Hypothesis has no deadlines: on a machine that does other work too they would measure that.
"""

import logging
from typing import Any

import hypothesis
import pytest

import millrace.model  # noqa: F401

hypothesis.settings.register_profile("millrace", deadline=None)
hypothesis.settings.load_profile("millrace")


# One worker for all tests of each of these.
TOGETHER = ("tests/integration/", "tests/simulation/", "tests/performance/", "tests/browser/", "tests/terraform/")


def pytest_runtest_teardown() -> None:
    """A container sets the levels of our loggers: the next test does not inherit them, whichever it is."""
    from scorer.container import LOGGERS

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [str(value) for report in reports for name, value in report.user_properties if name == "figures"]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(figures))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Together(LoadScopeScheduling):  # type: ignore[misc]
        """What shares something dear stays together: LocalStack and the apply, the simulated runs, the browser,
        Terraform's provider; of the others each file, with its fixtures.

        Scopes with the most tests come first.
        """

        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])

    return Together(config, log)
