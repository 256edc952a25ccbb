"""Backtests: past events through a candidate and the champion, in batches, and the verdict on both.

events of the stream's retention → redrive envelopes in S3 → two batches → joined with outcomes → comparison

Nothing of it touches the sink, the release or the function that scores the stream.
"""
