"""The page: well formed, complete in itself, every chart with its values, colours that can be read."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evaluation.drift import Window
from millrace import report
from millrace.accounting import kept
from millrace.model.tables import matrix_of
from millrace.report.page import STYLE
from model_store.verify import verify
from stream_producers.synthetic import Sessions
from tests.fakes.kept_run import artifact, keep, manifest

VOID = {"meta", "link", "br", "hr", "img", "input"}
LOADS = {"src", "href", "srcset", "data", "action", "poster", "xlink:href"}


class Page(HTMLParser):
    """Elements with their attributes and the text in them; raises where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def page_of(folder: Path) -> Page:
    return Page(report.write(folder).read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keep(tmp_path_factory.mktemp("runs") / "20261121-124107")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Page:
    return page_of(folder)


def test_the_page_is_one_document_with_landmarks(whole: Page) -> None:
    assert [len(whole.all(tag)) for tag in ("html", "title", "header", "nav", "main", "footer", "h1")] == [1] * 7
    assert whole.all("html")[0]["lang"] == "en-GB"
    ids = [attributes["id"] for _, attributes in whole.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_links_lead_to_what_is_there(whole: Page) -> None:
    ids = {attributes.get("id") for _, attributes in whole.elements}
    links = [attributes["href"] or "" for attributes in whole.all("a")]

    assert links
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_nothing_is_loaded_and_nothing_runs(whole: Page, folder: Path) -> None:
    loaded = [(tag, name, value) for tag, a in whole.elements for name, value in a.items() if name in LOADS]
    text = (folder / report.REPORT).read_text()

    assert all((value or "").startswith(("#", "data:")) for _, _, value in loaded), loaded
    assert not whole.all("script")
    assert not re.search(r"url\(|@import|https?:", text)
    assert [a["content"] for a in whole.all("meta") if a.get("http-equiv") == "Content-Security-Policy"] == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    ]


def test_every_chart_has_a_name_and_its_values_beside_it(whole: Page) -> None:
    charts = [svg for svg in whole.all("svg") if svg.get("role") == "img"]

    assert len(charts) == 11  # the flow twice: across and down
    assert all(svg.get("aria-label") for svg in charts)
    assert len(whole.all("details")) == 10
    assert len(whole.all("caption")) == len(whole.all("table"))
    assert all(region.get("tabindex") == "0" for region in whole.all("div") if region.get("role") == "region")


def test_what_counts_is_on_the_page(whole: Page) -> None:
    for expected in ("402 events", "400", "WRONG_TYPE", "Every event ended in exactly one place"):
        assert expected in whole.text
    for name in ("ROC", "Calibration", "Brier score", "challenger", "days_since_last_visit", "us-east-1"):
        assert name in whole.text
    assert "An estimate, not a bill" in whole.text
    assert "Not measured" not in whole.text


def test_a_drifted_feature_is_named_and_no_other(tmp_path: Path) -> None:
    """In the counts of the evaluator, too: `window` in its drift.json is what a run keeps."""
    folder, window = keep(tmp_path / "run"), Window(manifest())
    table = Sessions(3).table(2_000)
    rows = matrix_of({f.name: table[f.name] for f in manifest().features}, manifest().features)
    scores = verify(artifact()).predict(rows.tobytes(), len(rows))
    rows[:, [f.name for f in manifest().features].index("pages_viewed")] += 20
    window.add(rows.tobytes(), scores.tobytes())
    (folder / kept.DRIFT).write_text(json.dumps(window.to_json()))

    text = page_of(folder).text

    assert "Drifted: pages_viewed." in text
    assert text.count("drifted: values") == 1


def test_lost_events_are_told_at_the_top(tmp_path: Path) -> None:
    page = page_of(keep(tmp_path / "run", lost=3))

    assert "✗ Not every event ended where it was due. unaccounted: 3." in page.text


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (kept.DRIFT, "no counts of the features were kept"),
        (kept.LOG, "the function's log was not kept"),
        (kept.MANIFEST, "no outcomes of both kinds are known"),
        (kept.PREDICTIONS, "no predictions were kept"),
        (kept.RECEIPTS, "no receipts or no predictions were kept"),
        (kept.PLAN, "no plan was kept"),
    ],
)
def test_what_was_not_kept_is_told(missing: str, told: str, tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")
    (folder / missing).unlink()

    assert told in page_of(folder).text


def test_text_from_outside_is_text(tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")
    path = folder / kept.PREDICTIONS
    path.write_text(path.read_text().replace('"challenger"', '"<script>alert(1)</script>"'))

    page = page_of(folder)

    assert not page.all("script")
    assert "<script>alert(1)</script>" in page.text


def test_the_page_stays_small_however_much_is_in_it(folder: Path) -> None:
    assert report.write(folder).stat().st_size < 100_000


def colours() -> Iterator[tuple[str, dict[str, str]]]:
    """The custom properties of the light scheme, and of the dark one."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE.read_text(), re.DOTALL)
    for scheme, block in zip(("light", "dark"), blocks, strict=True):
        yield scheme, dict(re.findall(r"--(\w+): (#\w{6})", block))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("scheme", "named"), list(colours()), ids=["light", "dark"])
def test_colours_can_be_read(scheme: str, named: dict[str, str]) -> None:
    """WCAG 2.2 AA: text 4.5 to 1 (1.4.3), what is drawn 3 to 1 (1.4.11). axe-core cannot judge text in SVG."""
    for ground in ("paper", "card"):
        for text in ("ink", "faint", "one", "good", "warn", "bad"):
            assert contrast(named[text], named[ground]) >= 4.5, (scheme, text, ground)
        for drawn in ("one", "two", "three", "warn", "bad"):
            assert contrast(named[drawn], named[ground]) >= 3, (scheme, drawn, ground)


def test_what_drives_scores_is_shown_where_predictions_are_explained(tmp_path: Path) -> None:
    folder = keep(tmp_path / "run")
    assert "What drives scores" not in page_of(folder).text
    scored = kept.read_predictions(folder / kept.PREDICTIONS)
    version = manifest().version
    named = [replace(one.prediction, version=version, attributions=(("cart_value", -2.0),)) for one in scored]
    kept.write_predictions(folder / kept.PREDICTIONS, named, {})
    text = page_of(folder).text
    assert "What drives scores: share of the absolute attributions in" in text
    assert "cart_value 100.0%" in text
