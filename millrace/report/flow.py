"""The flow of a run along the boxes of the architecture, drawn across for wide screens and down for narrow ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from millrace.report.frame import svg, text
from millrace.report.markup import h


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """Events by where they were, or ended. sources : events in, by the source's name.

    also_held : of the predictions and the quarantined, those that wait for a redrive as well.
    """

    sources: Mapping[str, int]
    batches: int | None
    predictions: int
    quarantined: int
    on_failure: int
    dead_letters: int
    unaccounted: int
    also_held: int = 0

    @property
    def events(self) -> int:
        return sum(self.sources.values())

    def label(self) -> str:
        """The flow in one sentence."""
        *most, last = [f"{count:,} by the {name.replace('_', ' ')}" for name, count in self.sources.items()] or ["none"]
        by_source = f"{', '.join(most)} and {last}" if most else last
        both = f"; {self.also_held:,} of the first two are held there as well until a redrive" if self.also_held else ""
        return (
            f"{self.events:,} events came in, {by_source}. {self.predictions:,} became predictions, "
            f"{self.quarantined:,} are in quarantine, {self.on_failure:,} in the on-failure store, "
            f"{self.dead_letters:,} in the dead-letter queue{both}; {self.unaccounted:,} are unaccounted for."
        )


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the boxes are: name to (x, y); all of one size. `down`: arrows leave below, not at the right."""

    width: int
    height: int
    places: Mapping[str, tuple[int, int]]
    down: bool
    box: tuple[int, int] = (150, 50)


_OUT = ("prediction_sink", "quarantine", "on-failure store", "dead letters")
_LEFT, _MIDDLE, _RIGHT = 2, 95, 188  # of the drawing down
_THICKEST = 14.0


def flow_charts(counts: FlowCounts) -> list[Element]:
    """The drawing across and the one down; the page shows the one that fits."""
    names = list(counts.sources)
    return [_drawn(_across(names), counts, "flow across"), _drawn(_down(names), counts, "flow down")]


def _across(sources: Sequence[str]) -> _Layout:
    """The sources are in a column at the left, around the scorer's height; many make the drawing higher."""
    gaps = max(1, len(sources) - 1)
    pitch = max(58, min(108, 264 // gaps))
    more = max(0, pitch * gaps - 264)
    middle = 136 + more // 2
    top = middle - pitch * (len(sources) - 1) // 2
    places = {name: (2, top + pitch * i) for i, name in enumerate(sources)}
    places["scorer"] = (276, middle)
    places |= {name: (606, middle - 132 + 68 * i) for i, name in enumerate((*_OUT, "unaccounted"))}
    return _Layout(760, 330 + more, places, down=False)


def _down(sources: Sequence[str]) -> _Layout:
    """The sources are in pairs, the first pair next to the scorer, and further ones above it."""
    pairs = [sources[i : i + 2] for i in range(0, len(sources), 2)]
    more = 68 * max(0, len(pairs) - 1)
    places = {
        name: (x, 2 + more - 68 * row)
        for row, pair in enumerate(pairs)
        for x, name in zip((_LEFT, _RIGHT) if len(pair) > 1 else (_MIDDLE,), pair, strict=True)
    }
    places["scorer"] = (_MIDDLE, 112 + more)
    places |= {name: ((_LEFT, _RIGHT)[i % 2], 222 + more + 78 * (i // 2)) for i, name in enumerate(_OUT)}
    places["unaccounted"] = (_MIDDLE, 378 + more)
    return _Layout(340, 430 + more, places, down=True)


def _drawn(layout: _Layout, counts: FlowCounts, class_: str) -> Element:
    values = {
        **counts.sources,
        "prediction_sink": counts.predictions,
        "quarantine": counts.quarantined,
        "on-failure store": counts.on_failure,
        "dead letters": counts.dead_letters,
        "unaccounted": counts.unaccounted,
    }
    ways = [(name, "scorer") for name in _next_to_scorer(layout, list(counts.sources))]
    ways += [("scorer", name) for name in _next_to_scorer(layout, _OUT)]
    lines = [_way(layout, a, b, values[a if b == "scorer" else b], counts.events) for a, b in ways]
    words = {name: f"{value:,}" for name, value in values.items()}
    words["scorer"] = f"{counts.batches:,} batches" if counts.batches is not None else f"{counts.events:,}"
    boxes = [_box(layout, name, words[name], _level(name, values.get(name, 1))) for name in layout.places]
    return svg(layout.width, layout.height, counts.label(), h("g", lines, class_="ways"), boxes, class_=class_)


def _next_to_scorer(layout: _Layout, names: Sequence[str]) -> Sequence[str]:
    """Drawn down, boxes are in pairs, and lines of the further ones would run below the nearer ones: left out."""
    return names[:2] if layout.down else names


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
