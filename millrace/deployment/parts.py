"""Optional parts of the local stack: each is a file of Terraform variables, environments/local.<part>.tfvars."""

from collections.abc import Iterable
from pathlib import Path

from millrace.errors import UserError
from millrace.paths import ROOT

FOLDER = ROOT / "terraform" / "environments"


def names(environment: str = "local") -> list[str]:
    """The parts that an environment has."""
    return sorted(path.name.split(".")[1] for path in FOLDER.glob(f"{environment}.*.tfvars"))


def file(part: str, environment: str = "local") -> Path:
    """The variables that switch a part on, on top of the environment's own."""
    return FOLDER / f"{environment}.{part}.tfvars"


def check(parts: Iterable[str], option: str) -> tuple[str, ...]:
    """The parts, if all of them exist. Raises UserError."""
    known = names()
    for part in parts:
        if part not in known:
            expected = f"one of {', '.join(known)}" if known else "none, as the local stack has no optional part"
            raise UserError(f"{option}: expected {expected}, got {part!r}")
    return tuple(parts)
