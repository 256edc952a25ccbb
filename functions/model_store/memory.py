"""The memory that a model takes while it is loaded, and whether a function has it.

Measured on scorer processes under a limit of memory: docs/aws.md, "The largest model".
"""

from __future__ import annotations

from model_store.errors import ArtifactRefused

MIB = 1024 * 1024
# A base, and a multiple of the model's file; a larger one while another model serves, because the new one is verified
# in a child process first.
BASE, PER_BYTE, PER_BYTE_ALONGSIDE = 64 * MIB, 5, 12


def needed(size: int, *, alongside: bool = False) -> int:
    """Bytes of memory for a model file of `size` bytes. alongside : while another model serves."""
    return BASE + (PER_BYTE_ALONGSIDE if alongside else PER_BYTE) * size


def largest(memory: int, *, alongside: bool = False) -> int:
    """Bytes of the largest model file that fits `memory` bytes."""
    return max(0, memory - BASE) // (PER_BYTE_ALONGSIDE if alongside else PER_BYTE)


def check(key: str, size: int, memory: int | None, *, alongside: bool) -> None:
    """Raises ArtifactRefused where a function with `memory` bytes cannot load a file of `size` bytes; None: no bound.

    key : names the file in the error.
    """
    if memory is not None and needed(size, alongside=alongside) > memory:
        raise ArtifactRefused(
            "memory",
            f"{key}: {size} bytes need {needed(size, alongside=alongside) // MIB} MB of memory, and the function has "
            f"{memory // MIB} MB; raise its memory_mb",
        )
