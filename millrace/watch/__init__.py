"""`millrace watch`: a stack while it works, in the terminal.

sources ask (each in a thread of its own) → updates → state folds them, bounded → view, or one JSON object
"""

from millrace.watch.loop import Options, watch

__all__ = ["Options", "watch"]
