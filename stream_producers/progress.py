"""Progress of a run: a bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from stream_producers.report import Report

LINE_SECONDS = 5.0


class ProgressView:
    """Shows reports; a context manager. `total` is None where the number of events is not known."""

    def __init__(
        self, console: Console, title: str, total: int | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console, self._title, self._total, self._clock = console, title, total, clock
        self._next_line = clock() + LINE_SECONDS
        self._bar = _bar(console) if console.is_terminal else None
        self._task = self._bar.add_task(title, total=total, rate="") if self._bar else None

    def __call__(self, report: Report) -> None:
        if self._bar is not None and self._task is not None:
            done = report.sent + report.failed
            self._bar.update(self._task, completed=done, rate=f"{report.rate:,.0f}/s{_troubles(report)}")
        elif self._clock() >= self._next_line:
            self._next_line = self._clock() + LINE_SECONDS
            of = "" if self._total is None else f" of {self._total:,}"
            self._console.print(f"{self._title}: {report.sent:,}{of}, {report.rate:,.0f}/s{_troubles(report)}")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()


def summary(report: Report, target: str) -> str:
    """One line: what was sent, resent and failed, and how fast; then the reasons of failures, each on its own."""
    bad = f" ({report.bad:,} of them bad on purpose)" if report.bad else ""
    head = "Interrupted: sent" if report.interrupted else "Sent"
    lines = [
        f"{head} {report.sent:,} events to {target}{bad} in {report.seconds:.1f} s, {report.rate:,.0f} a second; "
        f"resent {report.resent:,}, failed {report.failed:,}."
    ]
    lines += [f"  {number:,} failed: {reason}" for reason, number in report.reasons.most_common()]
    return "\n".join(lines)


def _bar(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    return Progress(*columns, console=console, transient=True)


def _troubles(report: Report) -> str:
    resent = f", {report.resent:,} resent" if report.resent else ""
    return resent + (f", {report.failed:,} failed" if report.failed else "")
