"""Writes functions/native/src/decimal_powers.h: the powers of ten with which decimal.c scales a float32.

For each k that a float32 widened to double needs (its binary exponent q is between -201 and 75, and
k = -floor(q log10 2)): the 128 highest bits of 10^k, rounded up.

    scripts/decimal_powers.py
"""

from pathlib import Path

from millrace.paths import ROOT

FILE = ROOT / "functions" / "native" / "src" / "decimal_powers.h"
# Exponents of a float32's value as a double with an integer of 53 bits: 2^-149 is 2^52 × 2^-201.
BINARY = range(-201, 76)
_LOG10_2, _LOG10_3_4 = 1262611, -524031  # times 2^22


def exponents() -> range:
    """The k that occur, from the largest numbers' to the smallest's."""
    floors = [(q * _LOG10_2 + shift) >> 22 for q in BINARY for shift in (0, _LOG10_3_4)]
    return range(-max(floors), -min(floors) + 1)


def power(k: int) -> int:
    """10^k times a power of two, as an integer of 128 bits, rounded up."""
    whole: int = 10 ** abs(k)
    if k < 0:
        return -(-(1 << whole.bit_length() + 127) // whole)
    shift = whole.bit_length() - 128
    return whole << -shift if shift <= 0 else -(-whole >> shift)


def header() -> str:
    rows = []
    for k in exponents():
        high, low = divmod(power(k), 1 << 64)
        rows.append(f"    {{0x{high:016x}, 0x{low:016x}}}, /* 10^{k} */")
    return "\n".join(
        (
            "/* The 128 highest bits of powers of ten, rounded up: written by scripts/decimal_powers.py. */",
            "#include <stdint.h>",
            "",
            f"#define FIRST_POWER ({exponents()[0]})",
            "",
            "static const struct {",
            "  uint64_t high, low;",
            "} powers[] = {",
            *rows,
            "};",
            "",
        )
    )


if __name__ == "__main__":
    Path(FILE).write_text(header())
