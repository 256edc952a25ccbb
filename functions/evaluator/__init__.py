"""The second Lambda function: measures model quality and drift.

`handler.handle` has two triggers. Kinesis delivers batches of predictions and outcomes, which `outcomes.collect` writes
to S3. A schedule starts an evaluation: `outcomes.evaluate` joins predictions and outcomes by hour, and writes the
mergeable statistics of `evaluation`; `outcomes.drift` merges the scorer's drift counts. The function keeps no state: an
hour can be evaluated again at any time, with the same result. Decisions: docs/adr/0026, 0028.
"""
