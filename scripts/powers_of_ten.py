"""Writes functions/native/src/powers_of_ten.h: by these number.c reads decimals and decimal.c writes them.

    .venv/bin/python scripts/powers_of_ten.py

decimal.c needs 10^k for each k = -floor(q log10 2) of a float32 widened to double, whose binary exponent q is between
-201 and 75: -22 to 61. number.c needs -66 to 40: beyond, what 19 digits make is no float32 but 0 or infinity.
"""

from millrace.paths import ROOT

FILE = ROOT / "functions" / "native" / "src" / "powers_of_ten.h"
EXPONENTS = range(-66, 62)
LAST_EXACT = 55  # 5^55 has 128 bits


def power(k: int) -> int:
    """The 128 highest bits of 10^k, cut off."""
    if k < 0:
        whole: int = 10**-k
        return (1 << whole.bit_length() + 127) // whole
    whole = 10**k
    shift = whole.bit_length() - 128
    return whole << -shift if shift <= 0 else whole >> shift


def header() -> str:
    rows = []
    for k in EXPONENTS:
        high, low = divmod(power(k), 1 << 64)
        rows.append(f"    {{0x{high:016x}, 0x{low:016x}}}, /* 10^{k} */")
    return "\n".join(
        (
            "/* The 128 highest bits of powers of ten, cut off: written by scripts/powers_of_ten.py. */",
            "#ifndef NATIVE_POWERS_OF_TEN_H",
            "#define NATIVE_POWERS_OF_TEN_H",
            "",
            "#include <stdint.h>",
            "",
            f"enum {{ LOWEST_POWER = {EXPONENTS[0]}, LAST_EXACT_POWER = {LAST_EXACT} }}; /* from 10^0 on exact */",
            "",
            "static const struct {",
            "  uint64_t high, low;",
            "} POWERS[] = {",
            *rows,
            "};",
            "",
            "#endif",
            "",
        )
    )


if __name__ == "__main__":
    FILE.write_text(header())
