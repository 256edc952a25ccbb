"""The options of every command that reads a table, for how a CSV is written."""

from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from millrace.cli.grouped_options import grouped

if TYPE_CHECKING:
    from stream_producers.csv_table import CsvFormat

_PANEL = "CSV"


def _made(**options: Any) -> "CsvFormat":
    from stream_producers.csv_table import CsvFormat

    return CsvFormat(**options)


with_table_options = grouped(
    "csv",
    {
        "nulls": (
            Annotated[
                list[str] | None,
                Option(
                    "--null",
                    help="Text that stands for a missing value; may be repeated.",
                    rich_help_panel=_PANEL,
                ),
            ],
            None,
        ),
        "separator": (
            Annotated[
                str | None,
                Option(
                    "--separator", help="Between fields of a CSV; the header's own if left out.", rich_help_panel=_PANEL
                ),
            ],
            None,
        ),
        "decimal_comma": (
            Annotated[
                bool | None,
                Option(
                    "--decimal-comma/--no-decimal-comma",
                    help="Whether 0,5 in a CSV is a number.",
                    rich_help_panel=_PANEL,
                ),
            ],
            None,
        ),
    },
    _made,
)
