"""Batches as operators run them: estimate, start, follow, list, redrive. What scores them is functions/batches."""
