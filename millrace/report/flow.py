"""The flow of a run along the boxes of the architecture, drawn across for wide screens and down for narrow ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from millrace.report.frame import svg, text
from millrace.report.markup import h


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """Events by where they were, or ended."""

    event_stream: int
    event_topic: int
    batches: int | None
    predictions: int
    quarantined: int
    on_failure: int
    dead_letters: int
    unaccounted: int

    @property
    def events(self) -> int:
        return self.event_stream + self.event_topic

    def label(self) -> str:
        """The flow in one sentence."""
        return (
            f"{self.events:,} events came in, {self.event_stream:,} by the event stream and {self.event_topic:,} by "
            f"the event topic. {self.predictions:,} became predictions, {self.quarantined:,} are in quarantine, "
            f"{self.on_failure:,} in the on-failure store, {self.dead_letters:,} in the dead-letter queue; "
            f"{self.unaccounted:,} are unaccounted for."
        )


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the boxes are: name to (x, y); all of one size. `down`: arrows leave below, not at the right."""

    width: int
    height: int
    places: Mapping[str, tuple[int, int]]
    down: bool
    box: tuple[int, int] = (150, 50)


_ACROSS = _Layout(
    760,
    330,
    {
        "event_stream": (2, 82),
        "event_topic": (2, 190),
        "scorer": (276, 136),
        "prediction_sink": (606, 4),
        "quarantine": (606, 72),
        "on-failure store": (606, 140),
        "dead letters": (606, 208),
        "unaccounted": (606, 276),
    },
    down=False,
)
_DOWN = _Layout(
    340,
    430,
    {
        "event_stream": (2, 2),
        "event_topic": (188, 2),
        "scorer": (95, 112),
        "prediction_sink": (2, 222),
        "quarantine": (188, 222),
        "on-failure store": (2, 300),
        "dead letters": (188, 300),
        "unaccounted": (95, 378),
    },
    down=True,
)
_IN, _OUT = ("event_stream", "event_topic"), ("prediction_sink", "quarantine", "on-failure store", "dead letters")
_THICKEST = 14.0


def flow_charts(counts: FlowCounts) -> list[Element]:
    """The drawing across and the one down; the page shows the one that fits."""
    return [_drawn(_ACROSS, counts, "flow across"), _drawn(_DOWN, counts, "flow down")]


def _drawn(layout: _Layout, counts: FlowCounts, class_: str) -> Element:
    values = {
        "event_stream": counts.event_stream,
        "event_topic": counts.event_topic,
        "prediction_sink": counts.predictions,
        "quarantine": counts.quarantined,
        "on-failure store": counts.on_failure,
        "dead letters": counts.dead_letters,
        "unaccounted": counts.unaccounted,
    }
    ways = [(name, "scorer") for name in _IN] + [("scorer", name) for name in _outs(layout)]
    lines = [_way(layout, a, b, values[a if b == "scorer" else b], counts.events) for a, b in ways]
    words = {name: f"{value:,}" for name, value in values.items()}
    words["scorer"] = f"{counts.batches:,} batches" if counts.batches is not None else f"{counts.events:,}"
    boxes = [_box(layout, name, words[name], _level(name, values.get(name, 1))) for name in layout.places]
    return svg(layout.width, layout.height, counts.label(), h("g", lines, class_="ways"), boxes, class_=class_)


def _outs(layout: _Layout) -> Sequence[str]:
    """Drawn down, boxes are in pairs, and lines to the lower ones would run below the upper ones: left out."""
    return _OUT[:2] if layout.down else _OUT


def _level(name: str, value: int) -> str:
    if name in ("on-failure store", "dead letters", "unaccounted"):
        return "much" if value else "none"
    return "some" if name == "quarantine" and value else "calm"


def _way(layout: _Layout, start: str, end: str, value: int, total: int) -> Element:
    """A curve as thick as the share of the events that took it; dotted where none did."""
    (x1, y1), (x2, y2) = _leave(layout, start), _enter(layout, end)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    middle = f"{x1},{y:g} {x2},{y:g}" if layout.down else f"{x:g},{y1} {x:g},{y2}"
    thickness = max(1.5, _THICKEST * value / max(1, total))
    return h(
        "path",
        d=f"M{x1},{y1}C{middle} {x2},{y2}",
        stroke_width=f"{thickness:.1f}",
        class_="way" if value else "way none",
    )


def _leave(layout: _Layout, name: str) -> tuple[int, int]:
    (x, y), (width, height) = layout.places[name], layout.box
    return (x + width // 2, y + height) if layout.down else (x + width, y + height // 2)


def _enter(layout: _Layout, name: str) -> tuple[int, int]:
    (x, y), (width, height) = layout.places[name], layout.box
    return (x + width // 2, y) if layout.down else (x, y + height // 2)


def _box(layout: _Layout, name: str, words: str, level: str) -> Element:
    (x, y), (width, height) = layout.places[name], layout.box
    return h(
        "g",
        h("rect", x=x, y=y, width=width, height=height, rx=6),
        text(x + width / 2, y + 20, name, "middle"),
        text(x + width / 2, y + 40, words, "middle", class_="count"),
        class_=f"box {level}",
    )
