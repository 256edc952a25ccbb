import io
from copy import replace

import pytest
from rich.console import Console

from millrace.accounting.account import Account
from millrace.console import show
from tests.fakes.runs import prediction

WHOLE = Account(
    sent={"event_topic": 500, "event_stream": 10_000},
    predictions=10_390,
    quarantined={"INVALID_JSON": 70, "NOT_UTF8": 30},
    on_failure=10,
    unaccounted=(),
    in_two_places=(),
    wrong_code=(),
    duplicates=3,
    latency={50: 0.0514, 95: 0.2, 99: 1.25},
    rate=1234.5,
    roc_auc=0.92344,
)
NOTHING = Account({}, 0, {}, 0, (), (), (), 0, {}, 0.0, None)


class Screen:
    """What the command line printed, with or without a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        environment = {"TERM": "xterm-256color", "COLUMNS": "120"}
        self._file = io.StringIO()
        self.console = Console(
            file=self._file, force_terminal=terminal, _environ=environment, highlight=False, soft_wrap=True
        )

    @property
    def text(self) -> str:
        return self._file.getvalue()

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the printed table."""
        return [[cell.strip() for cell in line.split("│")[1:-1]] for line in self.text.splitlines() if "│" in line]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """No terminal."""
    screen = Screen(terminal=False)
    monkeypatch.setattr(show, "CONSOLE", screen.console)
    monkeypatch.setattr(show, "ERRORS", screen.console)
    return screen


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen(terminal=True)
    monkeypatch.setattr(show, "CONSOLE", screen.console)
    return screen


def test_the_summary_of_a_good_run(screen: Screen) -> None:
    screen.console.print(show.summary_table(WHOLE))

    assert screen.rows == [
        ["events sent to the event stream", "10,000"],
        ["events sent to the event topic", "500"],
        ["predictions", "10,390"],
        ["quarantined", "100"],
        ["INVALID_JSON", "70"],
        ["NOT_UTF8", "30"],
        ["on-failure store and dead letters", "10"],
        ["unaccounted", "0"],
        ["duplicates (same prediction id)", "3"],
        ["latency p50 / p95 / p99, s", "0.051 / 0.200 / 1.250"],
        ["events a second, end to end", "1,234"],
        ["ROC AUC against the known outcomes", "0.9234"],
    ]


def test_what_is_predicted_and_held_as_well_is_shown(screen: Screen) -> None:
    screen.console.print(show.summary_table(replace(WHOLE, also_held=2_679)))

    assert ["predicted or quarantined, and also held until a redrive", "2,679"] in screen.rows


def test_the_summary_of_nothing(screen: Screen) -> None:
    screen.console.print(show.summary_table(NOTHING))

    assert screen.rows == [
        ["predictions", "0"],
        ["quarantined", "0"],
        ["on-failure store and dead letters", "0"],
        ["unaccounted", "0"],
        ["duplicates (same prediction id)", "0"],
        ["events a second, end to end", "0"],
    ]


def test_the_summary_says_what_went_wrong(screen: Screen) -> None:
    account = replace(NOTHING, unaccounted=("a", "b"), in_two_places=("c",), wrong_code=("c", "d", "e"))

    screen.console.print(show.summary_table(account))

    rows = dict(screen.rows)
    assert (rows["unaccounted"], rows["predicted and quarantined"]) == ("2", "1")
    assert rows["not the expected outcome"] == "3"


def test_what_went_wrong_is_red_on_a_terminal(terminal: Screen) -> None:
    red, green = "\x1b[31m", "\x1b[32m"

    terminal.console.print(show.summary_table(NOTHING))
    assert green in terminal.text
    assert red not in terminal.text

    terminal.console.print(show.summary_table(replace(NOTHING, unaccounted=("a",))))
    assert red in terminal.text


def test_predictions(screen: Screen) -> None:
    screen.console.print(show.predictions_table([prediction("a", score=0.123456), prediction("b", label=None)]))

    heading, first, second = (line.split() for line in screen.text.splitlines())
    assert heading == ["event", "score", "label", "model", "latency"]
    assert first == ["event", "of", "a", "0.1235", "yes", "1", "champion", "0.500", "s"]
    assert second == ["event", "of", "b", "0.5000", "1", "champion", "0.500", "s"]


def test_no_predictions(screen: Screen) -> None:
    screen.console.print(show.predictions_table([]))

    assert screen.text.split() == ["event", "score", "label", "model", "latency"]


def test_markup_in_an_event_is_shown_and_not_followed(screen: Screen) -> None:
    """Event ids and labels are other people's text: [/] alone would end the display."""
    screen.console.print(show.predictions_table([prediction("a", event_id="[/]x[red]", label="[bold]yes")]))

    assert "[/]x[red]" in screen.text
    assert "[bold]yes" in screen.text


def test_markup_in_an_error_is_shown_and_not_followed(screen: Screen) -> None:
    show.error("expected one of [a-z], got [/tmp]")

    assert screen.text == "error: expected one of [a-z], got [/tmp]\n"


def test_a_step_ends_with_its_time(screen: Screen) -> None:
    with show.step("Terraform apply") as step:
        step(1, 2, 'aws_s3_bucket.this["a"]')

    assert screen.text.startswith("✓ Terraform apply 0.")
    assert screen.text.endswith(" s\n")


def test_a_step_shows_how_far_it_is_on_a_terminal(terminal: Screen) -> None:
    with show.step("Terraform apply") as step:
        step(1, 0, "x")
        step(1, 2, "[/]odd")

    assert "1/2 [/]odd" in terminal.text


def test_a_step_that_fails_is_not_ticked(screen: Screen) -> None:
    with pytest.raises(ValueError, match="no"), show.step("Terraform apply"):
        raise ValueError("no")

    assert screen.text == ""


def test_without_a_terminal_there_are_no_colour_codes(screen: Screen) -> None:
    screen.console.print(show.summary_table(replace(WHOLE, unaccounted=("a",))))
    screen.console.print(show.predictions_table([prediction("a")]))
    show.error("no")
    with show.step("x") as step:
        step(1, 2)

    assert "\x1b" not in screen.text
