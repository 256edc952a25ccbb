"""What tests see of who runs them: a narrow terminal, GitHub, an account of AWS, or a shell that ignores SIGINT."""

import os
import subprocess
import sys

CODE = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
import tests.conftest
print([name for name in os.environ if name.startswith(("AWS_", "COL", "FORCE", "GITHUB"))])
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def test_tests_do_not_see_the_terminal_the_account_or_the_signals_of_who_runs_them() -> None:
    theirs = {"AWS_PROFILE": "me", "AWS_REGION": "a", "COLUMNS": "40", "FORCE_COLOR": "1", "GITHUB_ACTIONS": "1"}
    environment = {**os.environ, **theirs, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "True"]
