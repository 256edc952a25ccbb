"""The native engine, built from the shell: `setup` where that can be, `build` or say why not, `check` all targets."""

import sys
import time

from millrace.errors import UserError
from millrace.packaging import native
from millrace.paths import SCRATCH


def setup() -> int:
    """This machine's engine, unless it is there; without a compiler Python does its work, which is no failure."""
    try:
        return build()
    except native.NoCompiler as reason:
        print(f"The native engine is not built, Python does its work: {reason}", file=sys.stderr)
        return 0


def build() -> int:
    start = time.monotonic()
    if native.build_for_host():
        print(f"Built the native engine in {time.monotonic() - start:.1f} s")
    return 0


def check() -> int:
    """Every target, in a folder of its own. Warnings are errors; what did not change is not compiled again."""
    for architecture in native.LAMBDA:
        native.build(architecture, SCRATCH / "native" / architecture / native.MODULE.name)
    return 0


if __name__ == "__main__":
    try:
        sys.exit({"setup": setup, "build": build, "check": check}[sys.argv[1]]())
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
