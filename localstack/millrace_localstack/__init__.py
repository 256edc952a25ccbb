"""LocalStack without Docker.

`launcher` installs, starts and stops it from the project's environment; `plugin` runs inside LocalStack.
"""
