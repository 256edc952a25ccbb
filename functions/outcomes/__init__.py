"""Predictions and what happened after them: collected from streams, joined, and evaluated by the hour.

The evaluator's function wires these parts; the statistics are in `evaluation`. Start reading at `evaluate`.
"""
