"""Elements of HTML and SVG. Text and attributes are escaped by the standard library, tags are closed by it."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

type Child = Element | str | None


def h(tag: str, *children: Child | Iterable[Child], **attributes: object) -> Element:
    """An element. None as a child or an attribute is left out; `class_` is `class`, `aria_label` is `aria-label`."""
    named = {name.rstrip("_").replace("_", "-"): str(value) for name, value in attributes.items() if value is not None}
    element = Element(tag, named)
    for child in children:
        _append(element, child)
    return element


def render(document: Element) -> str:
    """The page's text."""
    return "<!doctype html>\n" + tostring(document, encoding="unicode", method="html") + "\n"


def _append(parent: Element, child: Child | Iterable[Child]) -> None:
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif not isinstance(child, str):
        for one in child:
            _append(parent, one)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + child
    else:
        parent.text = (parent.text or "") + child
