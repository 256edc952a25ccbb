"""Kinesis in LocalStack's own process."""
