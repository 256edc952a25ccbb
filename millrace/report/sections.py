"""The sections on the flow, on time and on batches, each a pure function of the run: what it shows, and its values."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from millrace.percentiles import percentiles
from millrace.report import charts
from millrace.report import statistics as st
from millrace.report.flow import flow_charts
from millrace.report.markup import h
from millrace.report.parts import figure, section, table, unmeasured
from millrace.report.run import KeptRun
from millrace.report.scale import number

_TABLE_ROWS = 24  # of a table that says the same as a chart with many more points


def flow(run: KeptRun) -> Element:
    counts = run.counts
    rows = [
        *((f"{name}: events in", f"{count:,}") for name, count in counts.sources.items()),
        ("prediction_sink: predictions", f"{counts.predictions:,}"),
        ("quarantine", f"{counts.quarantined:,}"),
        *((f"quarantine, {code}", f"{count:,}") for code, count in run.summary["quarantined"].items()),
        ("on-failure store", f"{counts.on_failure:,}"),
        ("dead letters", f"{counts.dead_letters:,}"),
        ("predicted or quarantined, and also held until a redrive", f"{counts.also_held:,}"),
        ("unaccounted", f"{counts.unaccounted:,}"),
        ("duplicates (same prediction id)", f"{run.summary['duplicates']:,}"),
    ]
    picture = figure(
        "Where the events went",
        "A line is as thick as the share of the events that took it.",
        flow_charts(counts),
        table("Events by where they were, or ended", ("place", "events"), rows),
    )
    return section("flow", "Flow", picture, _codes(run))


def _codes(run: KeptRun) -> Element | None:
    codes = run.summary["quarantined"]
    if not codes:
        return None
    label = "Quarantined events by code: " + ", ".join(f"{code} {count}" for code, count in codes.items()) + "."
    return figure(
        "Quarantined by code",
        "The demo makes some events bad on purpose; docs/contracts.md says what the codes mean.",
        charts.bars_chart([charts.Bar(code, count, f"{count:,}") for code, count in codes.items()], "events", label),
        table("Quarantined events by code", ("code", "events"), [(code, f"{n:,}") for code, n in codes.items()]),
    )


def time(run: KeptRun) -> Element:
    return section("time", "Time", h("div", _latency(run), _throughput(run), class_="pair"))


def _latency(run: KeptRun) -> Element:
    values = [one.prediction.latency for one in run.scored]
    if not values:
        return unmeasured("Latency", "no predictions were kept")
    named = [(f"p{p} {seconds:.3f} s", seconds) for p, seconds in run.summary["latency"].items()]
    bins = st.histogram(values)
    said = ", ".join(name for name, _ in named)
    return figure(
        "Latency",
        f"From an event's arrival to its prediction's: {said}.",
        charts.histogram_chart(bins, "seconds", "predictions", f"Histogram of the latency: {said}.", named),
        table("Predictions by latency", ("seconds", "predictions"), _bin_rows(st.histogram(values, _TABLE_ROWS // 2))),
    )


def _throughput(run: KeptRun) -> Element:
    sent, predicted = run.sent_at, [one.prediction.published_at for one in run.scored]
    if not sent or not predicted:
        return unmeasured("Throughput", "no receipts or no predictions were kept")
    start, end = min(sent), max(sent + predicted)
    series = [
        charts.ChartSeries("sent", st.over_time(sent, start, end)),
        charts.ChartSeries("predicted", st.over_time(predicted, start, end)),
    ]
    peaks = [max(rate for _, rate in one.points) for one in series]
    said = (
        f"At most {peaks[0]:,.0f} a second sent, and {peaks[1]:,.0f} predicted; {run.summary['rate']:,.0f} end to end."
    )
    few = max(1, len(series[0].points) // _TABLE_ROWS)
    pairs = list(zip(series[0].points, series[1].points, strict=True))[::few]
    return figure(
        "Throughput",
        said,
        charts.lines_chart(series, "seconds since the first event", "events a second", f"Throughput over time. {said}"),
        table(
            "Events a second, over time",
            ("second", "sent", "predicted"),
            [(number(a[0]), f"{a[1]:,.0f}", f"{b[1]:,.0f}") for a, b in pairs],
        ),
        legend=("sent", "predicted"),
    )


def batches(run: KeptRun) -> Element:
    found = run.log.batches
    if not found:
        return section("batches", "Batches", unmeasured("Batches", "the function's log was not kept"))
    sizes, times = [batch.records for batch in found], [batch.milliseconds for batch in found]
    failed, starts = sum(batch.failed for batch in found), run.log.cold_starts
    told = (
        f"{len(found):,} batches with {sum(sizes):,} records; {failed:,} records were given back to be delivered again."
    )
    cold = f" {len(starts)} cold starts took {max(starts) / 1000:.2f} s at most." if starts else ""
    scored = f" Scored by the {engines}." if (engines := run.log.engines()) else ""
    pair = h(
        "div",
        _distribution("Batch size", "records", sizes),
        _distribution("Batch duration", "milliseconds", times),
        class_="pair",
    )
    return section("batches", "Batches", h("p", told + cold + scored), pair)


def _distribution(title: str, unit: str, values: Sequence[float]) -> Element:
    named = [(f"p{p} {number(value)}", value) for p, value in percentiles(values).items()]
    said = f"{', '.join(name for name, _ in named)} {unit}; at most {number(max(values))}."
    label = f"Histogram of the {title.lower()}: {said}"
    return figure(
        title,
        said,
        charts.histogram_chart(st.histogram(values, 30), unit, "batches", label),
        table(title, (unit, "batches"), _bin_rows(st.histogram(values, _TABLE_ROWS // 2))),
    )


def _bin_rows(bins: st.Bins) -> list[tuple[str, str]]:
    return [(f"{number(round(low, 3))} to {number(round(high, 3))}", f"{count:,}") for low, high, count in bins.each()]
