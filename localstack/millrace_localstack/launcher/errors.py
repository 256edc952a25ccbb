"""LauncherError
├── InstallError      LocalStack's environment could not be made
├── PortTaken         something listens there already
├── PortUnusable      this program may not listen there
├── AlreadyRunning    this project's LocalStack is up
└── StartError        it ended, or did not answer in time
"""


class LauncherError(Exception):
    """What went wrong and what to do, in a line that a user can act on."""


class InstallError(LauncherError):
    pass


class PortTaken(LauncherError):
    pass


class PortUnusable(LauncherError):
    pass


class AlreadyRunning(LauncherError):
    pass


class StartError(LauncherError):
    pass
