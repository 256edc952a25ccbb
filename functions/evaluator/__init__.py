"""The second Lambda function: model quality and drift. It joins predictions with outcomes and reads drift counts.

`handler.handle` is called in two ways. Kinesis brings batches of predictions and outcomes, which `outcomes.collect`
writes to S3; a schedule asks for an evaluation, for which `outcomes.evaluate` reads them back, hour by hour, and writes
the mergeable statistics of `evaluation`, and `outcomes.drift` adds up what the scorer has counted. Nothing is kept
between two calls: an hour can be evaluated again at any time, with the same result. Decisions: docs/adr/0026, 0028.
"""
