"""Bounds of what is counted: a larger number is a slip, which would otherwise end in an overflow or never."""

MOST_EVENTS = 1_000_000_000_000
MOST_RATE = 10_000_000  # events a second
MOST_ROUNDS = 100_000  # boosting rounds
MOST_SECONDS = 366 * 86_400  # that a command runs
