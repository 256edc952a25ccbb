"""The frame of a chart: its size, axes, grid and description."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from millrace.report.markup import h
from millrace.report.scale import Scale, number, ticks

# Units of the drawing: about a pixel on a phone, where a chart is as wide as the screen.
WIDTH, HEIGHT = 400, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 26, 40


@dataclass(frozen=True, slots=True)
class Axis:
    """From low to high, with its title and the text of a tick. whole : of what is counted, ticks are whole numbers."""

    title: str
    low: float
    high: float
    text: Callable[[float], str] = number
    most: int = 6
    whole: bool = False

    def ticks(self) -> list[float]:
        found = ticks(self.low, self.high, self.most)
        return [tick for tick in found if tick == int(tick)] if self.whole else found


@dataclass(frozen=True, slots=True)
class Frame:
    """A chart's two axes. `x` and `y` map values to places in the drawing."""

    across: Axis
    up: Axis
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def x(self) -> Scale:
        return Scale(self.across.low, self.across.high, LEFT, self.width - RIGHT)

    @property
    def y(self) -> Scale:
        return Scale(self.up.low, self.up.high, self.height - BOTTOM, TOP)

    def draw(self, label: str, *marks: Element | Sequence[Element]) -> Element:
        """The chart: grid and axes below the marks. `label` says in one sentence what is to be seen."""
        return svg(self.width, self.height, label, self._grid(), *marks, self._texts())

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        """A line through the points, as path data."""
        return "M" + "L".join(f"{self.x(x):g},{self.y(y):g}" for x, y in points)

    def _grid(self) -> Element:
        left, right, bottom = LEFT, self.width - RIGHT, self.height - BOTTOM
        lines = [h("line", x1=left, x2=right, y1=self.y(tick), y2=self.y(tick)) for tick in self.up.ticks()]
        return h("g", lines, h("line", x1=left, x2=right, y1=bottom, y2=bottom, class_="axis"), class_="grid")

    def _texts(self) -> Element:
        bottom = self.height - BOTTOM
        return h(
            "g",
            [text(self.x(t), bottom + 16, self.across.text(t), "middle") for t in self.across.ticks()],
            [text(LEFT - 6, self.y(t) + 4, self.up.text(t), "end") for t in self.up.ticks()],
            text((LEFT + self.width - RIGHT) / 2, self.height - 6, self.across.title, "middle", class_="title"),
            text(2, 12, self.up.title, class_="title"),
        )


def svg(width: int, height: int, label: str, *children: Element | Sequence[Element], class_: str = "chart") -> Element:
    """A drawing that grows with its place on the page; to a screen reader it is one picture with a description."""
    return h("svg", *children, viewBox=f"0 0 {width} {height}", role="img", aria_label=label, class_=class_)


def text(x: float, y: float, content: str, anchor: str | None = None, class_: str | None = None) -> Element:
    return h("text", content, x=f"{x:g}", y=f"{y:g}", text_anchor=anchor, class_=class_)
