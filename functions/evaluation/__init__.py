"""Is the model right, which of two is better, has the world changed? Statistics only: no I/O, no clock.

Everything is kept in accumulators of bounded size. An hour's accumulator is JSON; hours, containers and shards merge in
any order to the same bytes, and what is reported is computed from the merged one. Start reading at `quality`
(right or wrong), `comparison` (champion against challenger) and `drift` (the baseline against now).

It runs in a Lambda function: only the standard library, and `model_store` for manifests and JSON.
"""
