import io

from rich.console import Console

from stream_producers import Report
from stream_producers.progress import LINE_SECONDS, ProgressView, summary


def test_without_a_terminal_a_line_comes_now_and_then() -> None:
    file, now = io.StringIO(), [0.0]
    console = Console(file=file, force_terminal=False, width=200)
    with ProgressView(console, "event stream orders", 10_000, clock=lambda: now[0]) as view:
        for second in range(12):
            now[0] = float(second)
            view(Report(sent=second * 500, resent=3, seconds=max(1, second)))
    lines = file.getvalue().splitlines()
    assert LINE_SECONDS == 5
    assert lines == [
        "event stream orders: 2,500 of 10,000, 500/s, 3 resent",
        "event stream orders: 5,000 of 10,000, 500/s, 3 resent",
    ]


def test_on_a_terminal_there_is_a_bar() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=120, _environ={"TERM": "xterm"})
    with ProgressView(console, "event stream orders", 10_000) as view:
        view(Report(sent=5_000, failed=1, seconds=1.0))
    assert "5001/10000" in file.getvalue()
    assert "5,000/s, 1 failed" in file.getvalue()


def test_the_summary_says_what_failed_and_why() -> None:
    report = Report(sent=9_990, bad=200, resent=12, failed=10, seconds=2.0)
    report.reasons.update({"too large": 3, "no answer": 7})
    assert summary(report, "event stream orders").splitlines() == [
        "Sent 9,990 events to event stream orders (200 of them bad on purpose) in 2.0 s, 4,995 a second; "
        "resent 12, failed 10.",
        "  7 failed: no answer",
        "  3 failed: too large",
    ]


def test_the_summary_says_that_it_was_interrupted() -> None:
    assert summary(Report(interrupted=True), "x").startswith("Interrupted: sent 0 events to x")
