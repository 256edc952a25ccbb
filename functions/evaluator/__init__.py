"""Is the model right, has the world changed? The second Lambda function, which joins predictions with outcomes.

`handler.handle` is called in two ways. Kinesis brings batches of predictions and outcomes, which `collect` writes to
S3; a schedule asks for an evaluation, for which `evaluate` reads them back, hour by hour, and writes the mergeable
statistics of `evaluation`, and `drift` adds up what the scorer has counted. Nothing is kept between two calls: an hour
can be evaluated again at any time, and comes out the same. Why so: docs/adr/0026-the-evaluator-stores-and-joins.md,
docs/adr/0028-drift-is-counted-in-the-scorer.md.
"""
