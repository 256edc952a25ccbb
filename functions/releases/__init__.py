"""A model's way into production: what the state machine of terraform/modules/release_workflow decides and does.

decide          what follows from the evidence: wait, a larger share, promotion, or an end
changes         the release before and after a step, and back
record          who releases what: one object, which is the lock too
locked_release  the release, read and written by the workflow that holds the lock
past            past events through champion and candidate
evidence        the evaluator's hours since the challenger serves
tasks           the steps: begin → store → (judge) → serve → look → (approve) → promote, or end

Decision: docs/adr/0060.
"""
