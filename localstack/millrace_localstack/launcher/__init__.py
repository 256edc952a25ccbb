"""Installs, starts and stops LocalStack without Docker. Standard library only."""

from millrace_localstack.launcher.errors import (
    AlreadyRunning,
    InstallError,
    LauncherError,
    PortTaken,
    PortUnusable,
    StartError,
)
from millrace_localstack.launcher.localstack import LocalStack

__all__ = [
    "AlreadyRunning",
    "InstallError",
    "LauncherError",
    "LocalStack",
    "PortTaken",
    "PortUnusable",
    "StartError",
]
