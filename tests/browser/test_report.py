"""The report as a person meets it: on a desk and on a phone, in light and in dark, by keyboard and by screen reader."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import look

NAMES = ("1440-light", "1440-dark", "375-light", "375-dark")
Views = dict[str, dict[str, Any]]


@pytest.fixture(params=NAMES)
def view(request: pytest.FixtureRequest, views: Views) -> dict[str, Any]:
    return views[request.param]


def test_it_opens_without_complaint_and_loads_nothing(view: dict[str, Any]) -> None:
    assert view["complaints"] == []
    assert view["requests"] == []


def test_every_chart_is_drawn(view: dict[str, Any]) -> None:
    """The flow is there twice, and one of both is shown."""
    assert len(view["drawings"]) == 10
    for drawing in view["drawings"]:
        assert drawing["width"] >= 300, drawing
        assert drawing["height"] >= 50, drawing  # of one bar
        assert drawing["drawnWidth"] >= 200, drawing
        assert drawing["drawnHeight"] >= 40, drawing
        assert drawing["marks"] >= 1, drawing


def test_letters_in_charts_are_large_enough_and_inside(view: dict[str, Any]) -> None:
    assert min(drawing["letterHeight"] for drawing in view["drawings"]) >= 10
    assert [drawing["outside"] for drawing in view["drawings"] if drawing["outside"]] == []


def test_nothing_scrolls_sideways(view: dict[str, Any]) -> None:
    assert (view["scroll"], view["scrollOpen"]) == (0, 0)


def test_axe_finds_nothing(view: dict[str, Any], record_property: Callable[[str, object], None]) -> None:
    record_property("figures", f"report, {view['name']}: axe-core passes {view['passes']} rules, 0 violations")

    assert view["violations"] == []
    # What axe cannot judge: text in SVG lies on no element's background. test_page.py computes those colours.
    assert {one["id"] for one in view["incomplete"]} <= {"color-contrast"}
    assert view["passes"] >= 30


def test_the_keyboard_reaches_everything_and_focus_is_seen(view: dict[str, Any]) -> None:
    reached = view["tabbed"]
    texts = [one["text"] for one in reached]

    assert texts[0] == "Skip to the content"
    assert texts[1:7] == ["Flow", "Time", "Model quality", "Drift", "Batches", "Cost"]
    assert sum(text.endswith("values as a table") for text in texts) == 10
    assert all(one["outline"] != "none" for one in reached), [one for one in reached if one["outline"] == "none"]


def test_dark_is_dark(views: Views) -> None:
    assert views["1440-light"]["background"] != views["1440-dark"]["background"]


def test_what_would_be_wrong_is_seen(chromium: str, tmp_path: Path) -> None:
    """These tests can fail: a page with every fault."""
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><html><head><title>x</title></head><body><div style='width:2000px'>wide</div>"
        "<p style='color:#bbb;background:#fff'>pale</p><a href='#x' style='outline:none'>go</a>"
        "<svg role='img' viewBox='0 0 10 10' width='10'><text x='50'>t</text></svg>"
        "<script>console.error('complaint')</script><img src='missing.png'></body></html>"
    )

    for view in look(chromium, page).values():
        assert "complaint" in view["complaints"]
        assert view["requests"]
        assert view["scroll"] > 0
        assert {"html-has-lang", "color-contrast", "image-alt"} <= {one["id"] for one in view["violations"]}
        assert [one["outline"] for one in view["tabbed"]] == ["none"]
        assert view["drawings"][0]["outside"] == ["t"]
