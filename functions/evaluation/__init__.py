"""Statistics for model quality, model comparison and drift. No I/O, no clock.

Accumulators have a bounded size, are stored as JSON for each hour, and can be merged: hours, containers and shards give
the same bytes in any order. Metrics are computed from the merged accumulator. Start reading at `quality`, `comparison`
(champion against challenger) and `drift` (baseline against now).

It runs in a Lambda function, and uses only the standard library, and `model_store` for manifests and JSON.
"""
