"""Collects predictions and outcomes from streams, joins them, and evaluates them by the hour.

The package `evaluator` wires these parts; the statistics are in `evaluation`. Start reading at `evaluate`.
"""
