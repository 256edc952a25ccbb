"""Is the model right? The second Lambda function: it collects predictions and outcomes, and joins them by the hour.

`handler.handle` is called in two ways. Kinesis brings batches of predictions and outcomes, which `collect` writes to
S3; a schedule asks for an evaluation, for which `evaluate` reads them back, hour by hour, and writes the mergeable
statistics of `evaluation`. Nothing is kept between two calls: an hour can be evaluated again at any time, and comes
out the same. Why it is so: docs/adr/0026-the-evaluator-stores-and-joins.md.
"""
