"""The parts of the view: each makes its lines from the state. Whatever a colour means is there in words too."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from evaluation.estimates import Estimate
from millrace.percentiles import PERCENTILES
from millrace.watch import words
from millrace.watch.state import BATCH, BATCHES, IN_SINK, LOG, OLDEST, SINK, STAGES, TO_SINK, UNREADABLE, State

# Before the sparkline, in a line of the flow: the name, the rate, the total, and the space between.
FLOW_WIDTH = 38
MOST_COLUMNS = 100
# Between two polls of the release no container knows it; so long is what the alarm on it waits, by default.
STALE_SECONDS = 300
# Less is how reading goes.
BEHIND_SECONDS = 5
PADDING = (0, 1, 0, 0)
METRICS = {"f1": "F1", "roc_auc": "ROC AUC", "brier": "Brier score"}
FLOW = {"events": LOG, "predictions": LOG, IN_SINK: SINK, "quarantined": LOG}
NAMES = {
    IN_SINK: "in the sink",
    TO_SINK: "arrival to sink",
    OLDEST: "oldest of a batch",
    BATCH: "whole batch",
}


def flow(state: State, now: float, width: int) -> Table:
    """What goes in and out: now, over the last minutes, in all."""
    table = Table(box=None, padding=PADDING, pad_edge=False, show_header=False, expand=True)
    table.add_column(width=11, no_wrap=True)
    table.add_column(width=9, justify="right", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(width=12, justify="right", no_wrap=True)
    columns = max(10, min(MOST_COLUMNS, width - FLOW_WIDTH))
    for name, source in FLOW.items():
        series, total = state.series[name], words.count(state.totals[name])
        if trouble := state.trouble.get(source):
            table.add_row(NAMES.get(name, name), words.UNKNOWN, Text(f"! {trouble}", "yellow"), total)
        elif name == IN_SINK and not state.reads_sink:
            table.add_row(NAMES[name], words.UNKNOWN, Text(_not_read(state), "dim"), words.UNKNOWN)
        else:
            line = words.sparkline(series.columns(now, state.began, columns))
            table.add_row(NAMES.get(name, name), words.rate(series.rate(now, state.began)), Text(line, "cyan"), total)
    return table


def batches(state: State) -> Text:
    """What the invocations were, in one line."""
    total = state.totals
    events = total["events"] / total[BATCHES] if total[BATCHES] else 0
    told = Text(no_wrap=True, overflow="ellipsis")
    told.append(f"{words.count(total[BATCHES])} batches of {words.count(events)}", "dim")
    told.append(f" · {words.count(total['cold_starts'])} cold", "dim")
    faults = {
        "events given back": total["failed"],
        "sent again": total["resent"],
        "unreadable": total[UNREADABLE],
        **{f"× {kind}": number for kind, number in state.errors.most_common(2)},
    }
    for what, number in faults.items():
        if number:
            told.append(f" · {words.count(number)} {what}", "yellow")
    if not any(faults.values()):
        told.append(" · nothing failed, nothing sent again", "dim")
    behind = max(state.behind.values(), default=0)
    return told.append(f" · sink read {words.count(behind)} s late", "yellow") if behind > BEHIND_SECONDS else told


def latency(state: State, now: float, lines: int) -> Table | None:
    """Percentiles of the last minute, in milliseconds."""
    if not state.spreads:
        return None
    table = _table("ms", ("p50", "p95", "p99"))
    names = [*([TO_SINK] if state.reads_sink else []), OLDEST, BATCH, *STAGES]
    for name in names[: lines - 1]:
        found = state.spreads[name].percentiles(now)
        table.add_row(NAMES.get(name, name), *(words.milliseconds(found.get(p)) for p in PERCENTILES))
    return table


def quarantine(state: State, lines: int) -> RenderableType | None:
    """By reason, the most first."""
    if not state.totals[BATCHES]:
        return None
    if not state.quarantined:
        return Text("nothing", "dim")
    table = _table("code", ("events", "share"))
    shown, room = state.quarantined.most_common(), lines - 1
    if len(shown) > room:
        rest = shown[room - 1 :]
        shown = [*shown[: room - 1], (f"{len(rest)} others", sum(number for _, number in rest))]
    for code, number in shown:
        share = number / state.totals["events"] if state.totals["events"] else None
        table.add_row(Text(code), words.count(number), words.percent(share))
    return table


def model(state: State, now: float, lines: int) -> Table | None:
    """The release next to what is seen in the stream: they differ while containers load a new one."""
    due, seen = _due(state), {(version, variant): share for version, variant, share in state.shares(now)}
    if not due and not seen:
        return None
    table = _table("", ("share", "seen"), "version")
    for (version, variant), share in due.items():
        found = seen.pop((version, variant), 0.0 if state.seen and share is not None else None)
        table.add_row(variant, Text(version), words.percent(share), words.percent(found))
    for (version, variant), share in seen.items():
        unreleased = Text("none", "yellow") if state.release else words.UNKNOWN
        table.add_row(Text(variant), Text(version), unreleased, words.percent(share))
    return _with_notes(table, _notes(state), lines)


def drivers(state: State, lines: int) -> Table | None:
    """What drives the champion's scores, the most first; None where no prediction is explained."""
    if not state.drivers.explained:
        return None
    table = _table("feature", ("now", "trained"))
    for name, now, trained in state.drivers.compared(state.trained)[: lines - 1]:
        table.add_row(Text(name), words.percent(now), words.percent(trained))
    return table


def expected(state: State) -> RenderableType | None:
    """The champion's quality as its scores let expect it, with 95 % intervals; None where they are not calibrated."""
    if state.expected is None or not state.expected.n:
        return None
    estimates = state.expected.estimates()
    table = Table(box=None, padding=PADDING, pad_edge=False, header_style="dim", expand=True)
    for name in estimates:
        table.add_column(METRICS.get(name, name), justify="right", no_wrap=True)
    table.add_row(*(words.UNKNOWN if it.value is None else f"{it.value:.3f}" for it in estimates.values()))
    table.add_row(*(Text(_interval(it), "dim") for it in estimates.values()))
    warning = "By calibrated scores: concept drift is not seen. Compare with outcomes: millrace model evaluation"
    return Group(table, Text(warning, "dim", no_wrap=True, overflow="ellipsis"))


def expected_title(state: State) -> str:
    count = state.expected.n if state.expected else 0
    return f"Expected quality of {words.count(count)} predictions, without outcomes"


def _interval(estimate: Estimate) -> str:
    return words.UNKNOWN if estimate.low is None else f"{estimate.low:.3f}–{estimate.high:.3f}"


def drift(state: State, lines: int) -> Table | None:
    """What drifted, the most first; else what is nearest to it."""
    if state.drift is None:
        return None
    table = _table("column", ("PSI", "missing", ""))
    for column in state.drifted()[: lines - 1]:
        verdict = Text("drifted", "red") if column.reasons else Text("ok", "green")
        table.add_row(Text(column.name), f"{column.psi:.2f}", f"{column.missing * 100:+.1f} %", verdict)
    return table


def drift_title(state: State) -> str:
    columns = state.drifted()
    return f"Drift: {sum(bool(column.reasons) for column in columns)} of {len(columns)} columns" if columns else "Drift"


def alarms(state: State, *, short: bool) -> Text | None:
    """Those in ALARM, with the reason; else how many do not. short : in one line, the names alone if they are many."""
    if state.alarms is None:
        return None
    in_alarm = [alarm for alarm in state.alarms.alarms if alarm.state == "ALARM"]
    if not in_alarm:
        return Text(f"none of {len(state.alarms.alarms)} in ALARM", "green" if state.alarms.alarms else "yellow")
    told = Text(no_wrap=short, overflow="ellipsis" if short else "fold")
    if short and len(in_alarm) > 1:
        return told.append(f"{len(in_alarm)} in ALARM: " + ", ".join(alarm.name for alarm in in_alarm), "bold red")
    for alarm in in_alarm:
        told.append(f"ALARM {alarm.name}", "bold red").append(f" {alarm.reason}\n", "dim")
    return told


def latest(state: State, width: int, lines: int) -> Table | Text | None:
    """The last predictions, the newest last; as many as there are lines for."""
    if not state.reads_sink:
        return Text(_not_read(state), "dim")
    if not state.latest:
        return None
    wide = width >= 100
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("arrived", "event", *(("prediction",) if wide else ()), "score", "label", "version", "variant", "ms"):
        table.add_column(name, justify="right" if name in ("score", "ms") else "left", no_wrap=True)
    for one in list(state.latest)[-max(1, lines - 1) :]:
        ids = [words.shortened(one.event_id), *([words.shortened(one.prediction_id)] if wide else [])]
        cells = [f"{one.score:.4f}", one.label or "", one.version, one.variant, words.milliseconds(one.latency)]
        table.add_row(words.clock(one.published_at), *map(Text, (*ids, *cells)))
    return table


def _not_read(state: State) -> str:
    return f"who reads {state.sink} takes from its consumers"


def _due(state: State) -> dict[tuple[str, str], float | None]:
    """What should serve, with its share of the keys; a shadow does not serve."""
    if (release := state.release) is None:
        return {}
    due: dict[tuple[str, str], float | None] = {(release.champion.version, "champion"): 1 - release.share}
    if release.challenger:
        due[release.challenger.version, "challenger"] = release.share
    if release.shadow:
        due[release.shadow.version, "shadow"] = None
    return due


def _notes(state: State) -> list[Text]:
    notes = []
    if refused := state.totals["releases_refused"]:
        notes.append(Text(f"refused by the scorer {words.count(refused)} times", "red"))
    if state.stale_seconds > STALE_SECONDS:
        notes.append(Text(f"not known to be current for {words.count(state.stale_seconds)} s", "yellow"))
    if (release := state.release) and release.change:
        by = release.change.by.rpartition("/")[2] or release.change.by
        notes.append(Text(f"{release.change.action} by {by}, {release.updated_at[:16].replace('T', ' ')}", "dim"))
    return notes


def _with_notes(table: Table, notes: Sequence[Text], lines: int) -> Table:
    """Notes below the rows, as far as there is room."""
    whole = Table.grid(expand=True)
    whole.add_row(table)
    for note in notes[: max(0, lines - 1 - table.row_count)]:
        whole.add_row(note)
    return whole


def _table(first: str, numbers: Sequence[str], *others: str) -> Table:
    table = Table(box=None, padding=PADDING, pad_edge=False, header_style="dim", expand=True)
    table.add_column(first, no_wrap=True, overflow="ellipsis", ratio=None if others else 1)
    for name in others:
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
