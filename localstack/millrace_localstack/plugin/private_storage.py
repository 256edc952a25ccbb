"""S3 objects below the scratch folder of this LocalStack.

LocalStack 2026.3.0 keeps the objects of S3 in one fixed folder below /tmp, whatever TMPDIR or FILESYSTEM_ROOT say: a
second LocalStack on the machine writes into the same files, and what is in them stays when LocalStack is killed.
"""

import tempfile
from pathlib import Path
from typing import Any

from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore


def apply() -> None:
    original = EphemeralS3ObjectStore.__init__

    def initialize(self: Any, root_directory: str | None = None) -> None:
        original(self, str(Path(tempfile.gettempdir()) / "s3-objects"))

    EphemeralS3ObjectStore.__init__ = initialize
