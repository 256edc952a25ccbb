"""Batches: the rows of objects in S3, scored by one version of a model into a folder of their own.

plan (objects → items) → score (an item → predictions, quarantine, counts) → finish (counts add up → manifest)

A run is a folder, `runs/<run>/`, of the batch bucket: `layout` names what is in it. docs/batch.md.
"""
