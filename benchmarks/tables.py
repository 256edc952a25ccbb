"""The figures as tables, for the terminal and for the document alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks import attributions, cold_start, decoders, envelopes, forms, goals, handlers, predictors, shapes
from benchmarks.handlers import BYTES, EVENT
from benchmarks.measuring import BATCHES
from benchmarks.results import Results
from benchmarks.rows import ResultRow


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Cells as text; the first column is left-aligned, the others right-aligned."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def all_tables(results: Results) -> dict[str, ResultTable]:
    """Every table that there are figures for, by the name that the document's template knows."""
    made = {
        "goals": goals_table(results),
        **{f"handlers_{trees}": handlers_table(results, trees) for trees in (300, 100)},
        "prediction": _plain(results, "prediction", "A prediction of the 395-byte event", "bytes"),
        "sources": _by_size(results, "by source", "By source", BATCHES, envelopes.KINESIS),
        "forms": forms_table(results),
        "stages": _by_size(results, "stage", "Stages of the native engine", BATCHES, None),
        "by_records": _by_size(results, "by records", "By records in the batch", None, None),
        "by_trees": _by_model(results, "by trees", "By trees", "trees"),
        "by_features": _by_model(results, "by features", "By features", "features"),
        "predict": _by_size(results, "predict", "Trees", None, predictors.IN_PLACE),
        "shapes": shapes_table(results),
        "attributions": attributions_table(results),
        "decode": _by_size(results, "decode", "JSON to matrix", BATCHES, decoders.JSON_LOOP),
        "cold_start": cold_start_table(results),
        "package": _plain(results, "package", "Unzipped package", "MB"),
        "memory": _plain(results, "memory", "Peak memory of 5,000 records over idle", "times the event's bytes"),
        "end_to_end": end_to_end_table(results),
    }
    return {name: table for name, table in made.items() if table.rows}


def goals_table(results: Results) -> ResultTable:
    rows = []
    for goal in goals.GOALS:
        value = goal.measured(results)
        if value is None:
            rows.append([goal.name, goal.wording, "–", "–", "not measured"])
            continue
        other = goal.from_bytes(results) if goal.from_bytes else None
        said = "met" if goal.met(value) else f"not met: {goals.WHY.get(goal.name, goals.UNEXPLAINED)}"
        rows.append([goal.name, goal.wording, number(value), number(other), said])
    return ResultTable("Goals", ["", "goal", "measured", "with the runtime client's parse", ""], rows)


def parts_table(results: Results) -> ResultTable:
    """When each part was measured, and at which commit."""
    names = ("commit", "date", "load")
    rows = [[part, *(measured.moment.get(name, "–") for name in names)] for part, measured in results.parts.items()]
    return ResultTable("Measured", ["part", *names], rows)


def handlers_table(results: Results, trees: int) -> ResultTable:
    header = ["", *(f"{way}, N={size:,}" for way in (EVENT, BYTES) for size in BATCHES)]
    rows = []
    for name in results.names(results.find("handler", trees=trees)):
        cells = []
        for way in (EVENT, BYTES):
            for size in BATCHES:
                found = results.find("handler", name, trees=trees, way=way, size=size)
                yardstick = results.value("handler", handlers.RAW.name, trees=trees, way=way, size=size)
                cells.append(_with_ratio(found, yardstick))
        rows.append([name, *cells])
    return ResultTable(f"Whole handler, {trees} trees: CPU µs a record (times the first row)", header, rows)


def forms_table(results: Results) -> ResultTable:
    """Each form of events against the base, and against the handler made of msgspec where that reads it."""
    base, rows = results.value("by form", forms.BASE), []
    for name, form in forms.FORMS.items():
        found = results.find("by form", name)
        peer = results.value("by form", forms.peer(name))
        ratio = number(found[0].value / peer) if found and peer else "–"
        if found:
            rows.append([name, f"{forms.bytes_of(form)}", _with_ratio(found, base), ratio])
    return ResultTable("By form: CPU µs a record", ["", "bytes", "native (times the base)", "times msgspec"], rows)


def shapes_table(results: Results) -> ResultTable:
    """Nanoseconds a row, and how many times the best peer's time that is."""
    found = results.find("by shape")
    sizes = sorted({row.size for row in found})
    rows = []
    for name in dict.fromkeys(row.way for row in found):
        ratios = [goals.of_shapes([name], [size])(results) for size in sizes]
        times = [results.value("by shape", peer, way=name, size=1_000) for peer in shapes.MAKERS]
        rows.append([name, *(number(time * 1e3 if time else None) for time in times), *map(number, ratios)])
    header = ["", *(f"{peer}, ns" for peer in shapes.MAKERS), *(f"× at {size:,}" for size in sizes)]
    return ResultTable("Trees by shape: CPU ns a row at 1,000 rows, and times faster than the best peer", header, rows)


def attributions_table(results: Results) -> ResultTable:
    """Microseconds a row, and how many times XGBoost's time that is."""
    found = results.find("attributions")
    sizes = sorted({row.size for row in found})
    rows = []
    for name in dict.fromkeys(row.way for row in found):
        times = [results.value("attributions", peer, way=name, size=sizes[-1]) for peer in attributions.MAKERS]
        ratios = [goals.of_attributions(attributions.CONTRIBS, [name], [size])(results) for size in sizes]
        rows.append([name, *map(number, times), *map(number, ratios)])
    header = ["", *(f"{peer}, µs" for peer in attributions.MAKERS), *(f"× at {size:,}" for size in sizes)]
    return ResultTable("Attributions: CPU µs a row, and times faster than pred_contribs", header, rows)


def cold_start_table(results: Results) -> ResultTable:
    yardstick = results.value("cold start", cold_start.NUMPY)
    rows = []
    for row in results.find("cold start"):
        wall = results.value("cold start, wall", row.name)
        rows.append([row.name, _with_ratio([row], yardstick), number(wall)])
    return ResultTable(
        "Cold start, model loaded and first batch scored: ms", ["", "CPU ms (times numpy)", "wall ms"], rows
    )


def end_to_end_table(results: Results) -> ResultTable:
    names = results.names(results.find("end to end"))
    header = ["", *names]
    measures = list(dict.fromkeys(row.way for row in results.find("end to end")))
    rows = [
        [measure, *(number(results.value("end to end", name, way=measure)) for name in names)] for measure in measures
    ]
    return ResultTable("End to end on LocalStack", header, rows)


def _by_size(
    results: Results, section: str, title: str, sizes: Iterable[int] | None, yardstick: str | None
) -> ResultTable:
    found = results.find(section)
    columns = list(sizes or sorted({row.size for row in found}))
    rows = []
    for name in results.names(found):
        cells = []
        for size in columns:
            value = results.value(section, yardstick, size=size) if yardstick else None
            cells.append(_with_ratio(results.find(section, name, size=size), value))
        rows.append([name, *cells])
    return ResultTable(f"{title}: CPU µs a record", ["", *(f"{size:,}" for size in columns)], rows)


def _by_model(results: Results, section: str, title: str, member: str) -> ResultTable:
    found = results.find(section)
    columns = sorted({getattr(row, member) for row in found})
    rows = [
        [name, *(_with_ratio(results.find(section, name, **{member: count}), None) for count in columns)]
        for name in results.names(found)
    ]
    return ResultTable(f"{title}: CPU µs a record", ["", *(f"{count:,}" for count in columns)], rows)


def _plain(results: Results, section: str, title: str, unit: str) -> ResultTable:
    return ResultTable(title, ["", unit], [[row.name, number(row.value)] for row in results.find(section)])


def _with_ratio(found: Sequence[ResultRow], yardstick: float | None) -> str:
    """ "2.61 ±3% (0.62×)" """
    if not found:
        return "–"
    row = found[0]
    spread = f" ±{row.spread * 100:.0f}%" if row.spread else ""
    return f"{number(row.value)}{spread}" + (f" ({number(row.value / yardstick)}×)" if yardstick else "")


def number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
