"""HAProxy, bubblewrap and wrk, as scripts/setup_containers brings them."""

import subprocess

import pytest

from millrace.paths import ROOT


def needs_containers() -> None:
    """Install what is missing where that is possible; else skip, with the reason."""
    done = subprocess.run([ROOT / "scripts" / "setup_containers"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr.strip())
