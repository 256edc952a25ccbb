"""Who operates a stack's model, as the history names them, and what they check signatures with."""

import getpass
import os

from botocore.exceptions import BotoCoreError, ClientError

from millrace.model import signing
from millrace.model.releases import Operator
from millrace.stack import Stack


def operator(stack: Stack) -> Operator:
    keys = signing.public_keys(stack.outputs)
    return Operator(caller(stack), keys.check if keys else None)


def caller(stack: Stack) -> str:
    """The ARN by which AWS knows the caller, else the user of this machine."""
    try:
        arn: str = stack.client("sts").get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError):
        return f"{getpass.getuser()}@{os.uname().nodename}"
    return arn
