"""LocalStack ends with the program that started it, where that program holds the other end of standard input.

Nothing is ever written to it: it comes to its end when the program is gone, however it went.
"""

import os
import signal
import threading


def hold() -> None:
    if os.environ.get("MILLRACE_LOCALSTACK_LIFELINE") == "stdin":
        threading.Thread(target=_end_with_stdin, name="lifeline", daemon=True).start()


def _end_with_stdin() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
