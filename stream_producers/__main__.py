"""`python -m stream_producers`: the same as the command `stream-producers`."""

from stream_producers.cli import app

app(prog_name="stream-producers")
