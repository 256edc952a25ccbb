"""Streams, topics and queues, whichever side of the scorer they are on: how they are checked, and what they cost.

Event sources (`millrace.sources`) and prediction sinks (`millrace.sinks`) share these.
"""
