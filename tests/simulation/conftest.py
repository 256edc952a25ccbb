"""What the simulation's tests have to say at the end of a test run."""

import pytest

from tests.simulation import summary


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for title, lines in summary.SECTIONS.items():
        terminalreporter.section(title)
        terminalreporter.write("\n".join([*lines, ""]))
