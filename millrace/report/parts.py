"""What the sections are made of: tables, figures with a chart and its values, legends."""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from millrace.report.markup import h

Cell = str | Element


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], foot: Sequence[Cell] = ()) -> Element:
    """A table whose first column names its rows; it scrolls by itself where the screen is too narrow for it."""
    body = [h("tr", _row_name(first), [_cell(cell) for cell in rest]) for first, *rest in rows]
    ending = h("tfoot", h("tr", _row_name(foot[0]), [_cell(cell) for cell in foot[1:]])) if foot else None
    titles = [h("th", title, scope="col") for title in head]
    whole = h("table", h("caption", caption), h("thead", h("tr", titles)), h("tbody", body), ending)
    return h("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)


def figure(
    title: str, said: str, charts: Element | Sequence[Element], values: Element, *, legend: Sequence[str] = ()
) -> Element:
    """A chart with its title, what is to be seen in it, and its values as a table that can be opened."""
    return h(
        "figure",
        h("figcaption", h("strong", title), said),
        _legend(legend) if legend else None,
        charts,
        h("details", h("summary", f"{title}: values as a table"), values),
    )


def unmeasured(title: str, why: str) -> Element:
    """In the place of a figure: what is not known, and why."""
    return h("figure", h("figcaption", h("strong", title), f"Not measured: {why}"))


def section(key: str, title: str, *content: Element | Sequence[Element] | None) -> Element:
    return h("section", h("h2", title, id=key), *content, aria_labelledby=key)


def _row_name(name: Cell) -> Element:
    return h("th", name, scope="row")


def _cell(content: Cell) -> Element:
    """A cell; an element that is one already is used as it is."""
    return content if isinstance(content, Element) and content.tag == "td" else h("td", content)


def _legend(names: Sequence[str]) -> Element:
    return h("ul", [h("li", _sample(i), name) for i, name in enumerate(names, 1)], class_="legend")


def _sample(number: int) -> Element:
    line = h("line", x1=0, x2=30, y1=5, y2=5, class_=f"line line-{min(number, 3)}")
    return h("svg", line, viewBox="0 0 30 10", aria_hidden="true")
