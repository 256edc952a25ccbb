"""The outputs of a stack that was applied with plain Terraform."""

import json
from pathlib import Path
from typing import Any

from millrace.deployment.local import NAME
from millrace.errors import UserError

# What every command needs; the others fail by name where theirs is missing.
NEEDED = ("failure_store", "model", "model_store", "prediction_sink", "scorer")


def read(path: Path) -> dict[str, Any]:
    """The outputs in a file that `terraform output -json` wrote, or an object of them. Raises UserError.

    Where the root module calls modules/millrace, one output may have all of the module's outputs:
    `output "millrace" { value = module.millrace }`.
    """
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise UserError(f"{path}: expected what `terraform output -json` prints: {error}") from None
    if not isinstance(document, dict):
        raise UserError(f"{path}: expected an object of outputs, as `terraform output -json` prints")
    found = {name: _value(output) for name, output in document.items()}
    whole = [value for value in found.values() if isinstance(value, dict) and set(NEEDED) <= value.keys()]
    if len(whole) == 1:
        found = whole[0]
    if lacking := [name for name in NEEDED if not isinstance(found.get(name), dict)]:
        raise UserError(
            f"{path}: expected the outputs of modules/millrace, got none called {', '.join(lacking)}: add "
            '`output "millrace" { value = module.millrace }` to the root module and apply it'
        )
    return found


def check_name(name: str) -> None:
    """Raises UserError for the name that belongs to `make up`."""
    if name == NAME:
        raise UserError(f"expected another name than {name!r}, which is the stack of `make up`")


def _value(output: Any) -> Any:
    return output["value"] if isinstance(output, dict) and {"value", "sensitive"} <= output.keys() else output
