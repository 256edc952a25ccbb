"""Model artifacts and releases: write, verify, read.

An artifact is one immutable model version, `models/<name>/<version>/` with `manifest.json` and the model file; a
release, `models/<name>/release.json`, is the small mutable file that says which versions serve.
"""
