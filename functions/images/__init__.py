"""Photographs: JPEG and PNG files to pixels of one size, within bounds of time and memory, and the same everywhere.

A file is first read by `jpeg` or `png`, which give Pillow only those parts of it that make the pixels: its other
decoders, and its readers of metadata, are never reached. Modules are imported when the first image comes.
"""
