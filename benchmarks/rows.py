"""One figure: what the results are made of, in whichever process it was measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One figure. `spread` is half of the way between the quartiles, as a share of the value.

    value : microseconds of CPU a record for what handles records; else as `section` says.
    size : records, or rows. way : how the event comes, where that matters.
    """

    section: str
    name: str
    value: float
    spread: float = 0.0
    runs: int = 1
    size: int = 0
    trees: int = 300
    features: int = 20
    way: str = ""
