"""Erasure: removes what a stack stores about a partition key, and proves it. docs/capture.md, "Forget a key"."""
