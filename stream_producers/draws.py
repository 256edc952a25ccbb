"""Random numbers that are a function of (seed, purpose, block): the same on every machine and in every order.

They come from the raw bits of numpy's Philox generator: NumPy keeps those stable, its distributions it does not.
"""

import numpy as np
from numpy.typing import NDArray

BLOCK = 4_096
"""Items in a block. Part of what a seed means: another number here makes other events."""

type Uniforms = NDArray[np.float64]

SESSIONS, BAD_EVENTS = 0, 1  # purposes


def uniforms(seed: int, purpose: int, block: int, rows: int) -> Uniforms:
    """Independent uniform numbers in [0, 1), rows x BLOCK. `seed` is from 0 to 2**64 - 1."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"expected a seed from 0 to 2**64 - 1, got {seed}")
    key = np.array([seed, purpose << 56 | block], dtype=np.uint64)
    raw = np.random.Philox(key=key).random_raw(rows * BLOCK).reshape(rows, BLOCK)
    return np.asarray((raw >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def normals(a: Uniforms, b: Uniforms) -> tuple[Uniforms, Uniforms]:
    """Two independent standard normal numbers from two uniform ones (Box and Muller, 1958)."""
    radius = np.sqrt(-2 * np.log1p(-a))
    return radius * np.cos(2 * np.pi * b), radius * np.sin(2 * np.pi * b)
