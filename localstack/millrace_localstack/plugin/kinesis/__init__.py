"""Kinesis in LocalStack's own process.

Everything but `provider.py` and `dispatch.py` is the standard library only.
"""
