"""Writes functions/native/src/powers_of_ten.h: by these number.c reads decimals and decimal.c writes them.

    .venv/bin/python scripts/powers_of_ten.py

decimal.c needs 10^k for each k = -floor(q log10 2) of a double, whose binary exponent q is between -1074 and 971: -292
to 324. number.c needs -342 to 308: beyond, what 19 digits make is no double but 0 or infinity.
"""

from millrace.paths import ROOT

FILE = ROOT / "functions" / "native" / "src" / "powers_of_ten.h"
EXPONENTS = range(-342, 325)
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
