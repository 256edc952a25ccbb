"""The view: a state as something that Rich draws, in whatever size the terminal has."""

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from millrace.watch import words
from millrace.watch.state import ALARMS, DRIFT, LOG, RELEASE, SINK, State
from millrace.watch.view import sections

WIDE, TALL = 110, 32
HEAD_LINES, FLOW_LINES, EXPECTED_LINES, ALARM_LINES = 1, 6, 5, 2
# Printed once there is no terminal to fill.
PRINTED_WIDTH, PRINTED_HEIGHT = 100, 40


def view(state: State, now: float, width: int, height: int) -> Layout:
    """Everything, in two columns or, where there is room, in three; the last predictions take what is left."""
    lines, wide = min(8, max(4, (height - 16) // 3)), width >= WIDE
    latency = _section("Latency", sections.latency(state, now, lines), state, SINK if state.reads_sink else LOG)
    quarantine = _section("Quarantine", sections.quarantine(state, lines), state, LOG)
    model = _section("Model", sections.model(state, now, lines), state, RELEASE)
    drift = _section(sections.drift_title(state), sections.drift(state, lines), state, DRIFT)
    found = sections.drivers(state, lines)
    drivers = [] if found is None else [Layout(_section("What drives scores", found, state, SINK), ratio=8)]
    alarms = _section("Alarms", sections.alarms(state, short=not wide), state, ALARMS)
    rows = [
        Layout(_head(state, now), size=HEAD_LINES),
        Layout(_flow(state, now, width), size=FLOW_LINES),
        _row(lines + 1, latency, quarantine, *([alarms] if wide else [])),
        _row(lines + 1, Layout(model, ratio=11), Layout(drift, ratio=9), *(drivers if wide else [])),
        *([] if wide or height < TALL else [_row(lines + 1, *drivers)] if drivers else []),
        *([] if wide else [Layout(alarms, size=ALARM_LINES)]),
    ]
    if height >= TALL and (expected := sections.expected(state)) is not None:
        rows.insert(4, Layout(_section(sections.expected_title(state), expected, state, SINK), size=EXPECTED_LINES))
    left = height - sum(row.size or 0 for row in rows) - 1
    rows.append(Layout(_section("Last predictions", sections.latest(state, width, left), state, SINK)))
    whole = Layout()
    whole.split_column(*rows)
    return whole


def _head(state: State, now: float) -> Text:
    told = Text.assemble((f"{words.clock(now)}  ", "bold"), no_wrap=True, overflow="ellipsis")
    told.append(f"stack {state.stack} · {state.model} → {state.sink}", "bold")
    return told.append(f" · since {words.clock(state.began)} UTC", "dim")


def _flow(state: State, now: float, width: int) -> RenderableType:
    content = Group(sections.flow(state, now, width), sections.batches(state))
    return _titled("Flow: now, the last 5 minutes, in all", content)


def _row(size: int, *parts: RenderableType) -> Layout:
    row = Layout(size=size)
    row.split_row(*(part if isinstance(part, Layout) else Layout(part) for part in parts))
    return row


def _section(title: str, content: RenderableType | None, state: State, source: str) -> RenderableType:
    """A section; where its source does not answer that is said, and where nothing is known, why."""
    trouble = state.trouble.get(source)
    if content is not None:
        return _titled(f"{title} (no answer now)" if trouble else title, content)
    if trouble:
        return _titled(title, Text(f"! {trouble}", "yellow", overflow="fold"))
    return _titled(title, Text(state.without.get(source, "nothing yet"), "dim"))


def _titled(title: str, content: RenderableType) -> RenderableType:
    return Padding(Group(Rule(Text(title, "bold"), align="left", style="dim"), content), (0, 2, 0, 0))
