"""The page: head, verdict, figures, sections. It holds its style, loads nothing and needs no script."""

from pathlib import Path
from xml.etree.ElementTree import Element

from millrace.report import model_sections, sections
from millrace.report.cost import Prices, estimate
from millrace.report.cost_section import cost
from millrace.report.markup import h, render
from millrace.report.run import KeptRun

STYLE = Path(__file__).with_name("style.css")
# Nothing is to be loaded: with this policy a browser refuses what would slip in.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LINKS = {
    "flow": "Flow",
    "time": "Time",
    "quality": "Model quality",
    "change": "Drift",
    "batches": "Batches",
    "cost": "Cost",
}


def page(run: KeptRun, prices: Prices) -> str:
    """The report of a run as one HTML document."""
    title = f"Millrace, run {run.name}"
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", http_equiv="Content-Security-Policy", content=POLICY),
        h("meta", name="color-scheme", content="light dark"),
        h("link", rel="icon", href="data:,"),  # else browsers ask for /favicon.ico
        h("title", title),
        h("style", STYLE.read_text(encoding="utf-8")),
    )
    main = h(
        "main",
        sections.flow(run),
        sections.time(run),
        model_sections.quality(run),
        model_sections.change(run),
        sections.batches(run),
        cost(estimate(run, prices), prices),
        id="content",
        tabindex=-1,
    )
    skip = h("a", "Skip to the content", href="#content", class_="skip")
    return render(h("html", head, h("body", skip, _header(title, run), _links(), main, _footer()), lang="en-GB"))


def _header(title: str, run: KeptRun) -> Element:
    counts = run.counts
    said = f"{counts.events:,} events in {run.seconds:,.0f} s" if run.seconds else f"{counts.events:,} events"
    return h("header", h("h1", title), h("p", said, class_="faint"), _verdict(run), _figures(run))


def _verdict(run: KeptRun) -> Element:
    if run.live_since:
        known = "What was found in sink, quarantine, failure store and log"
        return h(
            "p", f"{known} since {run.live_since}. Without receipts, what was sent is not known.", class_="verdict"
        )
    if not run.faults:
        held = run.counts.also_held
        both = (
            f" {held:,} of them are also in the failure store or a dead-letter queue until a redrive." if held else ""
        )
        return h("p", f"✓ Every event ended in exactly one place, for the right reason.{both}", class_="verdict good")
    told = ", ".join(f"{name}: {count:,}" for name, count in run.faults.items())
    return h("p", f"✗ Not every event ended where it was due. {told}.", class_="verdict bad")


def _figures(run: KeptRun) -> Element:
    counts, latency, auc = run.counts, run.summary["latency"], run.summary["roc_auc"]
    figures = {
        "predictions": f"{counts.predictions:,}",
        "quarantined": f"{counts.quarantined:,}",
        "unaccounted": "not known" if run.live_since else f"{counts.unaccounted:,}",
        "latency p50": f"{latency['50']:.2f} s" if latency else "none",
        "latency p99": f"{latency['99']:.2f} s" if latency else "none",
        "events a second": f"{run.summary['rate']:,.0f}",
        "ROC AUC": f"{auc:.4f}" if auc is not None else "not known",
    }
    return h("dl", [h("div", h("dt", name), h("dd", value)) for name, value in figures.items()], class_="figures")


def _links() -> Element:
    links = [h("li", h("a", title, href=f"#{key}")) for key, title in LINKS.items()]
    return h("nav", h("ul", links), aria_label="Sections")


def _footer() -> Element:
    return h("footer", h("p", "Written by millrace report. This file is complete in itself: it loads nothing."))
