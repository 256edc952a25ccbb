"""What ends a redrive; whatever is not settled by then stays where it was.

RedriveError                something that the operator can fix
├── LeaseHeld               another redrive of the same stack is under way
└── LeaseLost               another redrive took over, because this one was silent for too long
"""

from millrace.errors import UserError


class RedriveError(UserError):
    """Base of what ends a redrive."""


class LeaseHeld(RedriveError):
    """Another redrive is under way."""


class LeaseLost(RedriveError):
    """Another redrive took over."""
