"""The quarantine codes that only some models give."""

from records.faults import Code

# Of models whose manifest asks for another form of event, or allows every feature to be missing.
OPT_IN = {
    Code.INVALID_GZIP, Code.INVALID_ENVELOPE, Code.WRONG_SHAPE, Code.NO_FEATURES, Code.PASSTHROUGH_TOO_LARGE,
    Code.INVALID_IMAGE, Code.INPUT_TOO_LARGE,
}  # fmt: skip
