"""What is wrong with an image; the quarantine's code follows from the class."""

from __future__ import annotations


class ImageUnreadable(Exception):
    """Not a JPEG or PNG file, damaged, cut short, or of a kind that is not decoded."""


class ImageTooLarge(Exception):
    """More pixels, or more work for each of them, than is accepted."""
