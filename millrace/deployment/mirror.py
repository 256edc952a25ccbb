"""Finding the AWS provider on this machine, where the registry cannot be reached."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from millrace.errors import UserError

PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")


def find_mirror(environment: Mapping[str, str], prefix: Path = Path("/")) -> Path | None:
    """A folder that holds the AWS provider, for machines that cannot reach the registry.

    First TF_PLUGIN_MIRROR, then the folders that Terraform treats as implicit mirrors, then those below /opt.
    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    if named := environment.get("TF_PLUGIN_MIRROR"):
        if not _holds_provider(Path(named)):
            raise UserError(f"TF_PLUGIN_MIRROR={named}: expected a folder that holds {PROVIDER}")
        return Path(named).resolve()
    home = Path(environment.get("HOME", "/nonexistent"))
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    candidates = [
        home / ".terraform.d" / "plugins",
        data / "terraform" / "plugins",
        prefix / "usr" / "local" / "share" / "terraform" / "plugins",
        prefix / "usr" / "share" / "terraform" / "plugins",
        *sorted((prefix / "opt").glob("*")),
    ]
    return next(filter(_holds_provider, candidates), None)


def mirror_configuration(mirror: Path) -> str:
    """A CLI configuration that takes the AWS provider from the mirror and every other one from its registry."""
    pattern = json.dumps("/".join(PROVIDER.parts))
    return (
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n    include = [{pattern}]\n  }}\n"
        f"  direct {{\n    exclude = [{pattern}]\n  }}\n"
        "}\n"
    )


def _holds_provider(folder: Path) -> bool:
    return os.path.isdir(folder / PROVIDER)  # noqa: PTH112 - Path.is_dir raises where a folder may not be read
