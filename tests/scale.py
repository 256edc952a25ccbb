"""The sizes of the tests marked `long`: `make test` runs part of each, `make test-examples` runs all of it every night.

`MILLRACE_LONG=1` selects the full sizes, and then only the tests marked `long` run. `long(only=True)` marks what
`make test-examples` alone runs. The part is large enough for every assertion to hold.
"""

import os

VARIABLE = "MILLRACE_LONG"
LONG = os.environ.get(VARIABLE, "0") != "0"


def _size(part: int, whole: int) -> int:
    return whole if LONG else part


CHAOS_EVENTS = _size(20_000, 100_000)
CHAOS_KILLS = _size(10, 20)  # at least
RELEASE_SWAPS = _size(250, 1_000)  # at least
SIMULATED_EVENTS = _size(5_000, 20_000)  # of each seed
FUZZED_STRINGS = _size(200_000, 1_000_000)
FUZZED_MODELS = _size(5_000, 10_000)
FUZZED_GRAPHS = _size(2_000, 10_000)  # ONNX files through the structure check
LOADED_GRAPHS = _size(500, 2_000)  # and through ONNX Runtime
FUZZED_TEXTS = _size(2_000, 100_000)  # through the hashing of texts
FUZZED_IMAGES = _size(500, 2_000)
FUZZED_MANIFESTS = _size(250, 1_000)
PROPERTY_QUARTERS = _size(1, 4)  # of each property's examples
# Of each operation of the OpenAPI document; the whole also sends every boundary of every schema.
HTTP_EXAMPLES, HTTP_PHASES = (2_400, "examples,coverage,fuzzing") if LONG else (40, "examples,fuzzing")
HTTP_REQUESTS = _size(40, 2_500)  # at least, in each of four runs
RELEASES_SIMULATED = _size(100, 1_000)
SHUFFLES = _size(10, 40)  # of the electricity data
SANITIZED = (
    ("tests/unit/native",)
    if LONG
    # What reads bytes from outside: envelopes, base64, JSON, numbers, model files.
    else tuple(
        f"tests/unit/native/test_{part}.py"
        for part in ("base64", "envelopes", "forest_faults", "grams", "number", "take")
    )
)
