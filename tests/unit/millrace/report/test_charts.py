"""Each chart draws what it is given, inside its frame, and says in words what it shows."""

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from xml.etree.ElementTree import Element

import pytest

from millrace.report import charts
from millrace.report.charts import Bar, ChartSeries, Reliable
from millrace.report.flow import FlowCounts, flow_charts
from millrace.report.statistics import Bins, histogram

LINE = ChartSeries("sent", [(0, 1.0), (5, 3.0), (10, 2.0)])
COUNTS = FlowCounts({"event_stream": 10_000, "event_topic": 500}, 12, 10_389, 111, 0, 0, 0)


def from_sources(number: int) -> FlowCounts:
    return FlowCounts({f"source_{i}": 10 + i for i in range(number)}, 12, 9, 1, 0, 0, 0)


ALL = {
    "histogram": charts.histogram_chart(histogram([1, 2, 2, 9], 10), "s", "n", "label", [("p50 2", 2), ("p99 9", 9)]),
    "lines": charts.lines_chart([LINE, ChartSeries("predicted", [(0, 0.0), (10, 5.0)])], "s", "a second", "label"),
    "steps": charts.steps_chart([("champion", histogram([0.1, 0.2], 5, high=1.0))], "score", "label"),
    "roc": charts.roc_chart([ChartSeries("champion", [(0, 0), (0.2, 0.7), (1, 1)])], "label"),
    "reliability": charts.reliability_chart([Reliable(0.1, 0.05, 90), Reliable(0.8, 0.9, 10)], "label"),
    "bars": charts.bars_chart([Bar("hour", 0.3, "0.3", "much"), Bar("device", 0, "0")], "PSI", "label", [("0.2", 0.2)]),
    "flow across": flow_charts(COUNTS)[0],
    "flow down": flow_charts(COUNTS)[1],
    **{f"{n} sources, {i}": chart for n in (1, 3, 4, 9) for i, chart in enumerate(flow_charts(from_sources(n)))},
}
EMPTY = {
    "histogram": charts.histogram_chart(histogram([]), "s", "n", "label"),
    "lines": charts.lines_chart([ChartSeries("sent", [])], "s", "a second", "label"),
    "steps": charts.steps_chart([], "score", "label"),
    "roc": charts.roc_chart([ChartSeries("champion", [(0, 0), (1, 1)])], "label"),
    "reliability": charts.reliability_chart([], "label"),
    "bars": charts.bars_chart([], "PSI", "label"),
    "flow": flow_charts(FlowCounts({}, None, 0, 0, 0, 0, 0))[0],
}


def places(svg: Element) -> Iterator[tuple[float, float]]:
    """Every place that is drawn at, but for the texts' own width."""
    for one in svg.iter():
        if one.tag == "path":
            numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", one.get("d", ""))]
            yield from zip(numbers[::2], numbers[1::2], strict=True)
        elif one.tag == "rect":
            x, y = float(one.get("x", 0)), float(one.get("y", 0))
            yield x, y
            yield x + float(one.get("width", 0)), y + float(one.get("height", 0))
        elif one.tag in ("line", "text", "circle"):
            names = {"line": (("x1", "y1"), ("x2", "y2")), "text": (("x", "y"),), "circle": (("cx", "cy"),)}
            yield from ((float(one.get(a, "nan")), float(one.get(b, "nan"))) for a, b in names[one.tag])


@pytest.mark.parametrize("svg", [*ALL.values(), *EMPTY.values()], ids=[*ALL, *(f"no {name}" for name in EMPTY)])
def test_a_chart_keeps_to_its_frame_and_has_a_name(svg: Element) -> None:
    _, _, width, height = (float(value) for value in svg.get("viewBox", "").split())

    assert all(-0.5 <= x <= width + 0.5 and -0.5 <= y <= height + 0.5 for x, y in places(svg))
    assert svg.get("role") == "img"
    assert svg.get("aria-label")


def texts(svg: Element) -> list[str]:
    return [one.text or "" for one in svg.iter("text")]


def test_a_histogram_has_a_column_for_each_count_as_high_as_it_is() -> None:
    svg = charts.histogram_chart(Bins([0, 1, 2, 3], [2, 0, 4]), "s", "n", "label")

    heights = [float(rect.get("height", 0)) for rect in svg.iter("rect")]
    assert len(heights) == 2
    assert heights[1] == pytest.approx(2 * heights[0], rel=1e-3)


def test_what_is_counted_has_whole_numbers_on_its_axis() -> None:
    svg = charts.histogram_chart(Bins([0, 10], [1]), "s", "n", "label")

    assert [one.text for one in svg.iter("text") if one.get("text-anchor") == "end"] == ["0", "1"]


def test_lines_that_stand_in_a_histogram_do_not_hide_each_others_names() -> None:
    rows = [one for one in ALL["histogram"].iter("text") if (one.text or "").startswith("p")]

    assert [row.text for row in rows] == ["p50 2", "p99 9"]
    assert float(rows[1].get("y", 0)) - float(rows[0].get("y", 0)) >= 14


def test_series_differ_by_more_than_their_colour() -> None:
    classes = [path.get("class") for path in ALL["lines"].iter("path")]

    assert classes == ["line line-1", "line line-2"]


def test_outlines_are_shares_of_their_own_total() -> None:
    few, many = histogram([0.1, 0.9], 2, high=1.0), histogram([0.1, 0.9] * 50, 2, high=1.0)

    paths = [path.get("d") for path in charts.steps_chart([("a", few), ("b", many)], "score", "label").iter("path")]

    assert paths[0] == paths[1]


def test_the_diagonal_of_a_guess_ends_in_the_corners_of_the_curve() -> None:
    diagonal, curve = (path.get("d") or "" for path in ALL["roc"].iter("path"))

    assert diagonal.split("L")[0] == curve.split("L")[0]
    assert diagonal.split("L")[-1] == curve.split("L")[-1]


def test_more_predictions_are_a_larger_dot() -> None:
    radii = [float(dot.get("r", 0)) for dot in ALL["reliability"].iter("circle")]

    assert radii[0] > radii[1] >= 3


def test_bars_have_their_names_values_and_levels() -> None:
    svg = charts.bars_chart([Bar("a" * 40, 0.3, "0.3", "much"), Bar("b", 0.1, "0.1")], "PSI", "label")

    assert {"a" * 21 + "…", "0.3", "b", "0.1"} <= set(texts(svg))
    assert [g.get("class") for g in svg.iter("g")] == ["bar much", "bar calm"]


def test_the_flow_has_every_box_of_the_architecture_with_its_count() -> None:
    for svg in flow_charts(COUNTS):
        words = texts(svg)
        shown = dict(zip(words[::2], words[1::2], strict=True))
        assert shown == {
            "event_stream": "10,000",
            "event_topic": "500",
            "scorer": "12 batches",
            "prediction_sink": "10,389",
            "quarantine": "111",
            "on-failure store": "0",
            "dead letters": "0",
            "unaccounted": "0",
        }


@pytest.mark.parametrize("number", [1, 2, 3, 4, 9])
def test_each_source_has_a_box_and_no_two_boxes_overlap(number: int) -> None:
    for svg in flow_charts(from_sources(number)):
        assert {f"source_{i}": f"{10 + i}" for i in range(number)}.items() <= dict(pairwise(texts(svg))).items()
        boxes = [(float(rect.get("x", 0)), float(rect.get("y", 0))) for rect in svg.iter("rect")]
        assert all(abs(a[0] - b[0]) >= 150 or abs(a[1] - b[1]) >= 50 for a, b in combinations(boxes, 2))


def test_the_flow_names_each_source_in_one_sentence() -> None:
    assert COUNTS.label().startswith("10,500 events came in, 10,000 by the event stream and 500 by the event topic. ")
    assert from_sources(3).label().startswith("33 events came in, 10 by the source 0, 11 by the source 1 and 12 by ")


def test_a_way_is_as_thick_as_the_share_that_took_it() -> None:
    ways = [way for way in flow_charts(COUNTS)[0].iter("path") if "way" in (way.get("class") or "")]
    thick = [float(way.get("stroke-width", 0)) for way in ways]

    assert thick[0] > 10 > thick[1]
    assert [way.get("class") for way in ways[-2:]] == ["way none", "way none"]


def test_what_was_lost_stands_out() -> None:
    svg = flow_charts(FlowCounts({"event_stream": 10}, 1, 9, 0, 0, 0, 1))[0]

    levels = {g[1].text: g.get("class") for g in svg.iter("g") if "box" in (g.get("class") or "")}
    assert levels["unaccounted"] == "box much"
    assert levels["dead letters"] == "box none"
