"""`millrace report`: one self-contained HTML page of a run that was kept.

Nothing on the page is loaded from anywhere, and no script runs: charts are SVG drawn here, each with its values in a
table next to it.
"""

from pathlib import Path

from millrace.errors import UserError
from millrace.report.cost import Prices
from millrace.report.page import page
from millrace.report.run import KeptRun

REPORT = "report.html"


def write(folder: Path, out: Path | None = None, prices: Path | None = None) -> Path:
    """Write the page of the run in `folder`; where it is: `out`, or report.html in the run's folder.

    prices : a JSON file with the prices of the cost estimate, instead of prices.json of this package.

    Raises UserError where the folder holds no run, or the file no prices.
    """
    target = out or folder / REPORT
    target.write_text(page(KeptRun.read(folder), Prices.read(prices)), encoding="utf-8")
    return target


def latest(runs: Path) -> Path:
    """The folder of the run that was kept last. Raises UserError where there is none."""
    folders = sorted(path for path in runs.glob("*") if path.is_dir())
    if not folders:
        raise UserError(f"no run is kept in {runs}: `make demo` makes one")
    return folders[-1]
