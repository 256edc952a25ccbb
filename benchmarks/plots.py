"""The plots of docs/benchmarks: plain, legible on light and on dark, the same bytes for the same figures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import cold_start, handlers
from benchmarks.results import Results
from benchmarks.tables import number

# Colours that differ on white and on dark grey, and by the colour-blind (Okabe and Ito's).
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
INK = "#808080"
STYLE = {
    "svg.hashsalt": "millrace", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
    "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK, "text.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": INK, "grid.alpha": 0.25,
    "legend.frameon": False, "lines.linewidth": 2.0,
}  # fmt: skip


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw what there are figures for; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    plots: dict[str, Callable[[Results, Path], bool]] = {
        "by_records": lambda r, path: _lines(r, "by records", "size", "records in the batch", path),
        "by_trees": lambda r, path: _lines(r, "by trees", "trees", "trees", path),
        "cold_start": lambda r, path: _bars(r, "cold start", "CPU ms, model loaded and first batch scored", path),
        "package": lambda r, path: _bars(r, "package", "MB, unzipped", path),
    }
    with mpl.rc_context(STYLE):
        paths = {name: folder / f"{name}.svg" for name in plots}
        return [path for name, path in paths.items() if plots[name](results, path)]


def _lines(results: Results, section: str, member: str, label: str, path: Path) -> bool:
    found = results.find(section)
    if not found:
        return False
    with _figure(path, 4.2) as axes:
        for colour, name in zip(COLOURS, results.names(found), strict=False):
            rows = sorted(results.find(section, name), key=lambda row: getattr(row, member))
            style = "--" if name == handlers.RAW.name else "-"
            xs, ys = [getattr(row, member) for row in rows], [row.value for row in rows]
            axes.plot(xs, ys, style, marker="o", markersize=4, color=colour, label=name)
        axes.set(xscale="log", yscale="log", xlabel=label, ylabel="CPU µs a record")
        axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.16))
    return True


def _bars(results: Results, section: str, label: str, path: Path) -> bool:
    rows = sorted(results.find(section), key=lambda row: row.value, reverse=True)
    if not rows:
        return False
    with _figure(path, 0.6 + 0.36 * len(rows)) as axes:
        colours = [_colour(row.name) for row in rows]
        bars = axes.barh([row.name for row in rows], [row.value for row in rows], color=colours, height=0.6)
        axes.bar_label(bars, fmt=number, padding=4, color=INK)
        axes.set(xlabel=label)
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.12)
    return True


def _colour(name: str) -> str:
    if name.startswith("Millrace"):
        return COLOURS[0]
    return COLOURS[6] if name == cold_start.NUMPY else COLOURS[1]


@contextmanager
def _figure(path: Path, height: float) -> Iterator[Any]:
    figure = Figure(figsize=(8, height))
    yield figure.subplots()
    figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None, "Creator": None})
