"""The trainer's Lambda function: a table in S3 becomes a verified model artifact in the model store.

request → table → rows → learner → ONNX → metrics on held-out rows → artifact → model store
"""
