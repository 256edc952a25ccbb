"""Accounting: what was sent, what became of it, and what is kept of a run."""
