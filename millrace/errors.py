"""Errors that the command line shows as one line."""


class UserError(Exception):
    """Something that the user can fix; the message states what was expected, what came, and what to do."""
