"""The scorer as an HTTP server, for a container: `python -m scorer.server`.

server (ASGI) → app: access, body, parse → batcher: many requests in one call → reply
keeper: loads and swaps releases in a thread of its own; aftermath: shadow and drift in another. No request waits for
either. docs/container.md
"""
