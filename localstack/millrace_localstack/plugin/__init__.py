"""Runs inside LocalStack: functions as local processes, Kinesis in process, and the patches.

LocalStack finds its parts by the entry points of `localstack/pyproject.toml`.
"""
