"""What stands in the view, in terminals of several sizes; not each of its characters."""

import io
import re

import pytest

from millrace.watch import words
from millrace.watch.state import ALARMS, DRIFT, LOG, RELEASE, SINK, State
from millrace.watch.updates import Alarm, Alarms, Column, Drifted, Logged, Published, Released
from millrace.watch.view import view
from telemetry import metrics
from terminal.console import EscapingConsole
from tests.fakes.watched import CHAMPION, NOW, busy, column, invocation, predictions, release, state

SIZES = [(80, 24), (120, 36), (200, 60)]


def drawn(seen: State, width: int = 120, height: int = 36) -> str:
    console = EscapingConsole(file=io.StringIO(), width=width, height=height, color_system=None, force_terminal=False)
    console.print(view(seen, NOW, width, height), height=height)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert len(text.splitlines()) == height
    assert max(map(len, text.splitlines())) <= width
    return str(text)


def row(text: str, name: str) -> str:
    """The rest of the line in which the name stands, as single words."""
    (line,) = [line for line in text.splitlines() if name in line][:1]
    return " ".join(line[line.index(name) :].split())


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_all_of_it_is_in_terminals_of_any_size(size: tuple[int, int]) -> None:
    text = drawn(busy(), *size)

    assert "12:41:07 stack dev · purchase-intent → kinesis · since 12:39:07 UTC" in row(text, "12:41:07")
    assert re.match(r"events 500/s [▁-█·]+ 60,500", row(text, "events "))
    assert re.match(r"predictions 490/s [▁-█·]+ 59,290", row(text, "predictions "))
    assert re.match(r"in the sink 10.0/s [▁-█·]+ 1,200", row(text, "in the sink"))
    assert re.match(r"quarantined 10.0/s [▁-█·]+ 1,200", row(text, "quarantined"))
    assert "121 batches of 500 · 1 cold · 240 sent again · 1 × ModelUnavailable" in text
    assert row(text, "arrival to sink").startswith("arrival to sink 250 250 250")
    assert row(text, "oldest of a batch").startswith("oldest of a batch 317 317 317")
    assert row(text, "MISSING_FEATURE").startswith("MISSING_FEATURE 720 1.2 %")
    assert row(text, "WRONG_TYPE").startswith("WRONG_TYPE 480 0.8 %")
    assert row(text, "champion").startswith(f"champion {CHAMPION} 90.0 % 80.0 %")
    assert row(text, "challenger").startswith("challenger 20261121-190000 10.0 % 20.0 %")
    assert "split by ada, 2026-11-21 12:00" in text
    assert "Drift: 1 of 2 columns" in text
    assert row(text, "cart_value").startswith("cart_value 0.34 +0.0 % drifted")
    assert row(text, "hour ").startswith("hour 0.01 +0.0 % ok")
    assert "ALARM dev-scorer-age" in text
    assert "above 60 s" in text
    assert row(text, "sessio…000001").endswith("0.5000 yes 20261121-190000 challenger 250")


@pytest.mark.parametrize("size", [(20, 5), (60, 12), (400, 120)], ids=str)
def test_no_terminal_is_too_small_or_too_large(size: tuple[int, int]) -> None:
    assert "12:41:07" in drawn(busy(), *size)


def test_tall_terminals_show_more() -> None:
    assert len(re.findall("sessio…", drawn(busy(), 120, 36))) > 3 * len(re.findall("sessio…", drawn(busy(), 80, 24)))
    assert row(drawn(busy(), 120, 60), "predict ").startswith("predict 4.0 4.0 4.0")


def test_before_anything_is_known_nothing_is_made_up() -> None:
    text = drawn(state())

    assert row(text, "events ").startswith("events 0/s")
    assert text.count("nothing yet") == 6
    assert "rings" not in text


def test_a_beginning_has_no_rate() -> None:
    assert row(drawn(state(began=NOW - 1)), "events ").startswith("events –")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_missing_permission_stands_in_its_place(size: tuple[int, int]) -> None:
    denied = {
        SINK: "denied: kinesis:GetRecords",
        LOG: "denied: logs:FilterLogEvents",
        RELEASE: "denied: s3:GetObject",
        DRIFT: "denied: kms:Decrypt",
        ALARMS: "denied: cloudwatch:DescribeAlarms",
    }
    refused = state()
    refused.trouble = dict(denied)

    text = drawn(refused, *size)

    assert row(text, "events ").startswith("events – ! denied: logs:FilterLogEvents")
    assert row(text, "in the sink").startswith("in the sink – ! denied: kinesis:GetRecords")
    for trouble in denied.values():
        assert f"! {trouble}" in text
    assert "nothing yet" not in text


def test_what_was_known_stays_and_is_called_old() -> None:
    refused = busy()
    refused.trouble = {LOG: "no answer: ThrottlingException: Rate exceeded", ALARMS: "no answer: gone"}

    text = drawn(refused)

    assert row(text, "events ").startswith("events – ! no answer: ThrottlingException: Rate exceeded")
    assert row(text, "events ").endswith("60,500")
    assert "Quarantine (no answer now)" in text
    assert "MISSING_FEATURE" in text
    assert "Alarms (no answer now)" in text
    assert "ALARM dev-scorer-age" in text


def test_a_queue_is_not_read_and_that_is_said() -> None:
    queue = state(sink="sqs")
    queue.fold(
        Logged([invocation(values={metrics.EVENT_AGE: 300}, predictions_by_variant={"champion": 490}, versions={})])
    )

    text = drawn(queue)

    assert row(text, "in the sink").startswith("in the sink – who reads sqs takes from its consumers")
    assert "arrival to sink" not in text
    assert row(text, "oldest of a batch").startswith("oldest of a batch 299 299 299")
    assert row(text, "champion").startswith("champion ? – 100.0 %")


def test_a_version_that_nobody_released_stands_out() -> None:
    odd = state()
    odd.fold(Released(release(share=0.0)))
    odd.fold(Published(predictions(4, version="20250101-000000")))

    text = drawn(odd)

    assert row(text, CHAMPION).startswith(f"{CHAMPION} 100.0 % 0.0 %")
    assert row(text, "20250101-000000").startswith("20250101-000000 none 100.0 %")


def test_trouble_with_the_release_is_told() -> None:
    stale = state()
    stale.fold(Released(release()))
    stale.fold(Logged([invocation(values={metrics.RELEASE_STALE_SECONDS: 900.0, metrics.RELEASE_REFUSED: 2})]))

    text = drawn(stale)

    assert "refused by the scorer 2 times" in text
    assert "not known to be current for 900 s" in text


def test_codes_for_which_there_is_no_room_are_counted_together() -> None:
    many = state()
    many.fold(Logged([invocation(quarantined={f"CODE_{number}": 20 - number for number in range(12)})]))

    text = drawn(many, 80, 24)

    assert row(text, "CODE_1 ").startswith("CODE_1 19")
    assert row(text, "10 others").startswith(f"10 others {sum(20 - number for number in range(2, 12))}")


def test_of_many_alarms_a_narrow_terminal_tells_the_names() -> None:
    loud = state()
    loud.fold(Alarms([Alarm(f"dev-{name}", "ALARM", "above 1") for name in ("age", "errors", "throttles")]))

    assert "3 in ALARM: dev-age, dev-errors, dev-throttles" in drawn(loud, 80, 24)
    assert drawn(loud, 120, 36).count("ALARM dev-") == 3


def test_a_sink_that_is_read_late_is_told() -> None:
    late = busy()
    late.fold(Published(predictions(1), shard="1", behind=0.5))
    late.fold(Published(predictions(1), shard="2", behind=42.0))
    assert "sink read 42 s late" in drawn(late)

    late.fold(Published([], shard="2"))
    assert "late" not in drawn(late)


def test_drift_is_the_champions() -> None:
    two = busy()
    two.fold(Drifted("", [column("hour"), Column("older", "weekend", 900, 0.8, 0.0, ("values",))]))

    assert "Drift: 0 of 1 columns" in drawn(two)
    assert "weekend" not in drawn(two)

    two.release = None
    assert "Drift: 1 of 2 columns" in drawn(two)


def test_no_alarm_rings() -> None:
    quiet = state()
    quiet.fold(Alarms(busy().alarms.alarms[:1]))  # type: ignore[union-attr]

    assert "none of 1 in ALARM" in drawn(quiet)


def test_markup_in_names_is_no_markup() -> None:
    odd = state()
    odd.fold(Published(predictions(1, version="[red]1[/]", label="[bold]")))

    assert "[bold]" in drawn(odd)
    assert row(drawn(odd), "[red]1[/]").startswith("[red]1[/] – 100.0 %")


def test_words() -> None:
    assert [words.rate(n) for n in (None, 0, 0.26, 99.94, 1234.5)] == ["–", "0/s", "0.3/s", "99.9/s", "1,234/s"]
    assert [words.milliseconds(n) for n in (None, 0.0012, 0.25, 12.0)] == ["–", "1.2", "250", "12,000"]
    assert [words.percent(n) for n in (None, 0.0, 0.0004, 0.5)] == ["–", "0.0 %", "<0.1 %", "50.0 %"]
    assert words.sparkline([None, 0, 1, 4, 8]) == " ·▂▅█"
    assert words.sparkline([0.0, None]) == "· "


@pytest.mark.parametrize("name", ["ada", "ada@example", "session-7-000000042", "0" * 64])
def test_an_id_is_shortened_to_its_ends(name: str) -> None:
    short = words.shortened(name)

    assert len(short) <= 14
    assert short == name or (len(short.replace("…", "")) < len(name) and name.startswith(short.partition("…")[0]))


@pytest.mark.parametrize("size", [(80, 40), *SIZES[1:]], ids=str)
def test_what_drives_scores_is_shown_where_predictions_are_explained(size: tuple[int, int]) -> None:
    explained = busy()
    assert "What drives scores" not in drawn(explained, *size)
    explained.fold(Released(release(), {"pages": 0.75, "spend": 0.25}))
    explained.fold(Published(predictions(3, attributions=(("spend", -1.5), ("pages", 0.5)))))
    text = drawn(explained, *size)
    assert "What drives scores" in text
    assert row(text, "spend").startswith("spend 75.0 % 25.0 %")


@pytest.mark.parametrize("size", [(80, 40), *SIZES[1:]], ids=str)
def test_the_expected_quality_is_shown_with_intervals_and_what_it_does_not_see(size: tuple[int, int]) -> None:
    calibrated = busy()
    assert "Expected quality" not in drawn(calibrated, *size)
    calibrated = state()
    calibrated.fold(Released(release(), {}, 0.5))
    assert "Expected quality" not in drawn(calibrated, *size), "nothing was predicted yet"
    calibrated.fold(Published(predictions(1_000, score=0.9)))
    text = drawn(calibrated, *size)
    assert "Expected quality of 1,000 predictions, without outcomes" in text
    assert row(text, "accuracy") == "accuracy precision recall F1 ROC AUC Brier score"
    assert row(text, "0.900") == "0.900 0.900 1.000 0.947 0.500 0.090"
    assert "0.881–0.919 0.881–0.919" in " ".join(text.split())
    assert "concept drift is not seen" in text


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_texts_of_the_stack_cannot_move_what_is_drawn(size: tuple[int, int]) -> None:
    hostile = "\x1b[2J\x9b31m\u202e\x07\r\x1b]0;title"
    odd = busy()
    odd.fold(Published(predictions(3, version=hostile, label=hostile)))
    odd.fold(Alarms([Alarm(f"dev-{hostile}", "ALARM", hostile)]))
    odd.trouble[DRIFT] = hostile
    text = drawn(odd, *size)

    assert r"\u001b[2J" in text
    assert not set(text) & set(hostile) - set("[2J31m]0;title")
