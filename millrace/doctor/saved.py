"""Terraform's outputs as they were saved: an earlier version's lack what was added since."""

from collections.abc import Mapping
from typing import Any


class OutputMissing(LookupError):
    """path : of the output, such as release_workflow.rule."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class SavedOutputs(dict[str, Any]):
    """Outputs, or the members of one. `[]` raises OutputMissing where there is no such member."""

    def __init__(self, members: Mapping[str, Any], path: str = "") -> None:
        super().__init__(
            (name, SavedOutputs(value, f"{path}{name}.") if isinstance(value, Mapping) else value)
            for name, value in members.items()
        )
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise OutputMissing(f"{self._path}{name}")
