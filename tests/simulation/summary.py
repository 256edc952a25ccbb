"""Sections that tests leave for the end of a test run, by title."""

SECTIONS: dict[str, list[str]] = {}
