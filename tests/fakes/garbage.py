"""What is left to the garbage collector, which frees it when it happens to run: open sockets, whole batches."""

import gc
from collections.abc import Callable


def left(work: Callable[[], object]) -> list[str]:
    """The types of what only the collector can free after `work`; after its second run, when its imports are done."""
    work()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        work()
        gc.collect()
        return [type(found).__name__ for found in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
