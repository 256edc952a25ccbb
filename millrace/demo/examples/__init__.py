"""The examples of `make demo EXAMPLE=name`. A new one is a module here, and its entry in EXAMPLES.

An example is imported only when it runs: each brings its own libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from millrace.errors import UserError

if TYPE_CHECKING:
    from millrace.demo.example import Example

# By name: the module, whose EXAMPLE is the class.
EXAMPLES = {
    "batch": "millrace.demo.examples.batch",
    "digits": "millrace.demo.examples.digits",
    "http": "millrace.demo.examples.http",
    "images": "millrace.demo.examples.images",
    "release": "millrace.demo.examples.release",
    "stream": "millrace.demo.examples.stream",
    "text": "millrace.demo.examples.text",
    "workflow": "millrace.demo.examples.workflow",
}
DEFAULT = "stream"


def example(name: str) -> "Example":
    """The example of that name. Raises UserError."""
    if name not in EXAMPLES:
        raise UserError(f"--example: expected one of {', '.join(EXAMPLES)}, got {name!r}")
    found: Example = import_module(EXAMPLES[name]).EXAMPLE()
    return found
