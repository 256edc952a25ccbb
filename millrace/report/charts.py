"""The charts, each a pure function from values to an SVG element. Colours are the page's, by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from millrace.report.frame import WIDTH, Axis, Frame, svg, text
from millrace.report.markup import h
from millrace.report.scale import Scale, share
from millrace.report.statistics import Bins, Point, thinned

_LABEL_WIDTH, _ROW, _NAME_LETTERS = 158, 24, 22
_ROOM, _ROOM_A_ROW = 1.08, 0.13  # above the highest value, and for the label of each upright line


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """A named line. The first is solid, the others are dashed too: colour alone means nothing."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Reliable:
    """A dot of a reliability diagram: mean score, share with outcome 1, and how many."""

    score: float
    share: float
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A named value and the text next to it; `level` (calm, some, much) gives its colour."""

    name: str
    value: float
    text: str
    level: str = "calm"


def histogram_chart(bins: Bins, across: str, up: str, label: str, lines: Sequence[tuple[str, float]] = ()) -> Element:
    """Columns; `lines` are named values that are upright in it, each label a row below the one before."""
    room = _ROOM + _ROOM_A_ROW * len(lines)
    frame = Frame(
        Axis(across, bins.edges[0], bins.edges[-1]), Axis(up, 0, max(1, *bins.counts) * room, most=5, whole=True)
    )
    columns = [_column(frame, left, right, count) for left, right, count in bins.each() if count]
    upright = [_upright(frame, name, value, row) for row, (name, value) in enumerate(lines)]
    return frame.draw(label, h("g", columns, class_="fill-1"), upright)


def lines_chart(series: Sequence[ChartSeries], across: str, up: str, label: str) -> Element:
    """Lines over a common axis."""
    points = [point for one in series for point in one.points]
    right, top = max((x for x, _ in points), default=1.0), max((y for _, y in points), default=1.0)
    frame = Frame(Axis(across, 0, max(right, 1e-9)), Axis(up, 0, max(top, 1e-9) * _ROOM, most=5))
    return frame.draw(label, [_line(frame, one.points, i) for i, one in enumerate(series, 1) if one.points])


def steps_chart(series: Sequence[tuple[str, Bins]], across: str, label: str) -> Element:
    """Outlines of histograms over the same bins, each as shares of its own total, so that sizes can be compared."""
    outlines = [ChartSeries(name, _outline(bins)) for name, bins in series]
    top = max((y for one in outlines for _, y in one.points), default=1.0)
    edges = [edge for _, bins in series for edge in bins.edges] or [0.0, 1.0]
    frame = Frame(Axis(across, min(edges), max(edges)), Axis("share of predictions", 0, top * _ROOM, share, most=5))
    return frame.draw(label, [_line(frame, one.points, i) for i, one in enumerate(outlines, 1)])


def roc_chart(lines: Sequence[ChartSeries], label: str) -> Element:
    """ROC curves, and the diagonal of a guess."""
    frame = Frame(Axis("false-positive rate", 0, 1), Axis("true-positive rate", 0, 1), height=300)
    return frame.draw(label, _diagonal(frame), [_line(frame, thinned(one.points), i) for i, one in enumerate(lines, 1)])


def reliability_chart(bins: Sequence[Reliable], label: str) -> Element:
    """Share of outcomes against mean score; on the diagonal the scores are probabilities. Dots by their number."""
    frame = Frame(Axis("mean score", 0, 1), Axis("share with outcome 1", 0, 1), height=300)
    most = max((one.count for one in bins), default=1)
    dots = [
        h("circle", cx=frame.x(one.score), cy=frame.y(one.share), r=f"{3 + 5 * (one.count / most) ** 0.5:.1f}")
        for one in bins
    ]
    line = [_line(frame, [(one.score, one.share) for one in bins], 1)] if bins else []
    return frame.draw(label, _diagonal(frame), line, h("g", dots, class_="fill-1"))


def bars_chart(bars: Sequence[Bar], across: str, label: str, lines: Sequence[tuple[str, float]] = ()) -> Element:
    """Bars from the left, each with its name and value; `lines` are named values to measure them by."""
    height, top = 30 + _ROW * len(bars) + 22, max([bar.value for bar in bars] + [value for _, value in lines] + [1e-9])
    x = Scale(0, top * 1.15, _LABEL_WIDTH, WIDTH - 14)
    rows = [_bar(bar, x, 30 + _ROW * i) for i, bar in enumerate(bars)]
    upright = [
        h(
            "g",
            h("line", x1=x(value), x2=x(value), y1=22, y2=height - 22),
            text(x(value), 14, name, "middle"),
            class_="limit",
        )
        for name, value in lines
    ]
    title = text((_LABEL_WIDTH + WIDTH) / 2, height - 6, across, "middle", class_="title")
    return svg(WIDTH, height, label, upright, rows, title)


def _column(frame: Frame, left: float, right: float, count: int) -> Element:
    x, width = frame.x(left), frame.x(right) - frame.x(left)
    y, bottom = frame.y(count), frame.y(0)
    return h("rect", x=f"{x:g}", y=f"{y:g}", width=f"{max(width - 0.7, 0.7):.2f}", height=f"{bottom - y:.2f}")


def _upright(frame: Frame, name: str, value: float, row: int) -> Element:
    x, left = frame.x(value), frame.x(value) > frame.width * 0.6
    y = 36 + 15 * row
    label = text(x + (-5 if left else 5), y, name, "end" if left else "start")
    return h("g", h("line", x1=x, x2=x, y1=y - 10, y2=frame.height - 40), label, class_="limit")


def _line(frame: Frame, points: Sequence[Point], number_: int) -> Element:
    return h("path", d=frame.path(points), class_=f"line line-{min(number_, 3)}")


def _outline(bins: Bins) -> list[Point]:
    total = max(1, sum(bins.counts))
    steps = [point for left, right, count in bins.each() for point in ((left, count / total), (right, count / total))]
    return [(bins.edges[0], 0.0), *steps, (bins.edges[-1], 0.0)]


def _diagonal(frame: Frame) -> Element:
    return h("path", d=frame.path([(0, 0), (1, 1)]), class_="diagonal")


def _bar(bar: Bar, x: Scale, y: float) -> Element:
    name = bar.name if len(bar.name) <= _NAME_LETTERS else bar.name[: _NAME_LETTERS - 1] + "…"
    end = x(bar.value)
    return h(
        "g",
        text(_LABEL_WIDTH - 8, y + 13, name, "end"),
        h("rect", x=_LABEL_WIDTH, y=y + 2, width=f"{max(end - _LABEL_WIDTH, 1):.2f}", height=_ROW - 9, rx=2),
        text(max(end, _LABEL_WIDTH) + 5, y + 13, bar.text),
        class_=f"bar {bar.level}",
    )
