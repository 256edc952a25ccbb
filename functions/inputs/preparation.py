"""What a kind of input is to the rest of Millrace. For type checkers: import this module under TYPE_CHECKING only.

To add a kind: a module in this package with `read`, its name in `inputs.KINDS`, its row in docs/contracts.md, its
control in http_api.page.CONTROLS, and its examples in tests/contract/test_inputs.py.
"""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from inputs.steps import Steps


class Preparation(Protocol):
    """How an event's value becomes one row of the tensor that the model takes. Immutable; compared by its members.

    name : of the kind, as in `inputs.KINDS`.
    element : the type of the tensor's elements, one of `inputs.steps.ELEMENTS`.
    shape : of one row, without the rows themselves.
    rows_a_run : the most rows that are scored in one run; 1: each row by itself, for convolutions of large pictures,
        whose bits do not depend on the batch; 0: what is best for matrices.
    """

    @property
    def name(self) -> str: ...
    @property
    def element(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def rows_a_run(self) -> int: ...

    def prepare(self, value: Any) -> bytes:
        """One row of the tensor: row-major, in the machine's byte order, always of the same size.

        value : the JSON value of the event's member, None where it is absent or null; `bytes` where the record is the
            value itself (`event.format` is `bytes`).
        The same value gives the same bytes on every machine: golden rows have their digest. Never holds a part of the
        value in an error. Raises Unfit, with a code of `records.faults`; nothing else, whatever the value.
        """

    def alone(self, value: str) -> bytes:
        """The record that is the value itself (`event.format` is `bytes`), of the JSON value of an event's member.

        Raises ValueError for a value that no record is.
        """

    def written(self) -> list[dict[str, Any]]:
        """The steps in their canonical form, with every member: what `read` made it of."""

    def schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of the value: what it accepts, `prepare` takes."""


class InputKind(Protocol):
    """A module of this package."""

    def read(self, steps: Steps) -> Preparation:
        """The steps that a manifest declares. Strict: a member, a step or a version that is unknown is refused.

        Raises PreparationInvalid.
        """
